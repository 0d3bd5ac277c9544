"""The models that the features of this app define."""

from onboarding.clients import Client, Service, Signatory
from onboarding.users import User

__all__ = ["Client", "Service", "Signatory", "User"]
