"""The models that the features of this app define."""

from onboarding import client_changes  # noqa: F401 - registers its commands
from onboarding.applications import refusal, terms_accepted  # noqa: F401 - a command, a check
from onboarding.applications.application import Application, ApplicationMove
from onboarding.applications.checks import CheckRecord
from onboarding.applications.credit_decision import CreditDecision
from onboarding.applications.documents_needed import ApplicationDocument
from onboarding.applications.party import Holding, Party
from onboarding.applications.people import Applicant, Confirmation, Invitation
from onboarding.applications.request import Request
from onboarding.applications.sign_up import SignUp
from onboarding.applications.told import Told
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
    "Applicant",
    "Application",
    "ApplicationDocument",
    "ApplicationMove",
    "CheckRecord",
    "Confirmation",
    "CreditDecision",
    "Holding",
    "Invitation",
    "Party",
    "Request",
    "SignUp",
    "Told",
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
