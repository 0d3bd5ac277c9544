"""The models that the features of this app define."""

from onboarding import client_changes  # noqa: F401 - registers its commands
from onboarding.clients import Client, ClientMove, Service, Signatory
from onboarding.disclosures import version_change  # noqa: F401 - registers its command
from onboarding.disclosures.acceptance import Acceptance
from onboarding.disclosures.text import Disclosure
from onboarding.documents import erasure  # noqa: F401 - registers its command
from onboarding.documents.document import Document, DocumentReading
from onboarding.documents.holds import LegalHold
from onboarding.entity import LegalEntity, ProductSwitch
from onboarding.messages.message import Attachment, Message, MessageRead
from onboarding.parameters import ParameterValue
from onboarding.proposals import Proposal, ProposalMove
from onboarding.sizes import ApprovalSize
from onboarding.users import User

__all__ = [
    "Acceptance",
    "ApprovalSize",
    "Attachment",
    "Client",
    "ClientMove",
    "Disclosure",
    "Document",
    "DocumentReading",
    "LegalEntity",
    "LegalHold",
    "Message",
    "MessageRead",
    "ParameterValue",
    "ProductSwitch",
    "Proposal",
    "ProposalMove",
    "Service",
    "Signatory",
    "User",
]
