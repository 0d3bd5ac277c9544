"""The models that the features of this app define."""

from onboarding import client_changes, ties  # noqa: F401 - register their commands
from onboarding.applications import (  # noqa: F401 - a command, two checks
    refusal,
    screened,
    terms_accepted,
)
from onboarding.applications.application import Application, ApplicationMove
from onboarding.applications.checks import CheckRecord
from onboarding.applications.credit_decision import CreditDecision
from onboarding.applications.documents_needed import ApplicationDocument
from onboarding.applications.party import ApplicationParty, Holding
from onboarding.applications.people import Applicant, Confirmation, Invitation
from onboarding.applications.request import Request
from onboarding.applications.sign_up import SignUp
from onboarding.applications.told import Told
from onboarding.clients import Client, ClientMove, Service, Signatory
from onboarding.credit import assess  # noqa: F401 - registers its command
from onboarding.credit.profile import CreditAssessment, DebtLine, NetWorthLine
from onboarding.disclosures import version_change  # noqa: F401 - registers its command
from onboarding.disclosures.acceptance import Acceptance
from onboarding.disclosures.text import Disclosure
from onboarding.documents import erasure  # noqa: F401 - registers its command
from onboarding.documents.document import Document, DocumentReading
from onboarding.documents.holds import LegalHold
from onboarding.enquiries import Enquiry, EnquiryMove, Observation
from onboarding.entity import LegalEntity, ProductSwitch
from onboarding.groups import Connection, Party
from onboarding.investors import confirm  # noqa: F401 - registers its commands
from onboarding.investors.knowledge import Attempt
from onboarding.investors.qualified import Qualification, YearlyConfirmation
from onboarding.investors.questions import Question
from onboarding.investors.status import Evidence, InvestorMove, InvestorStatus, RestsOn
from onboarding.investors.training import Training
from onboarding.messages.message import Attachment, Message, MessageRead
from onboarding.parameters import ParameterValue
from onboarding.proposals import Proposal, ProposalMove
from onboarding.screening import (  # noqa: F401 - they register commands, or declare parameters
    gate,
    hk_entries,
    payment_release,
)
from onboarding.screening.cases import Case, CaseMove, CaseNote, Stop, StopMove
from onboarding.screening.hits import Hit, HitMove
from onboarding.screening.lists import ListEntry, ListLoad, ListVersion, WalletEntry
from onboarding.screening.monitoring import thresholds  # noqa: F401 - declares parameters
from onboarding.screening.monitoring.alerts import Alert, AlertMove
from onboarding.screening.payments import Payment, PaymentMove
from onboarding.screening.pep import PepApproval
from onboarding.screening.screened import Screened, ScreeningRun
from onboarding.sizes import ApprovalSize
from onboarding.users import User

__all__ = [
    "Acceptance",
    "Alert",
    "AlertMove",
    "Applicant",
    "Application",
    "ApplicationDocument",
    "ApplicationMove",
    "ApplicationParty",
    "ApprovalSize",
    "Attachment",
    "Attempt",
    "Case",
    "CaseMove",
    "CaseNote",
    "CheckRecord",
    "Client",
    "ClientMove",
    "Confirmation",
    "Connection",
    "CreditAssessment",
    "CreditDecision",
    "DebtLine",
    "Disclosure",
    "Document",
    "DocumentReading",
    "Enquiry",
    "EnquiryMove",
    "Evidence",
    "Hit",
    "HitMove",
    "Holding",
    "InvestorMove",
    "InvestorStatus",
    "Invitation",
    "LegalEntity",
    "LegalHold",
    "ListEntry",
    "ListLoad",
    "ListVersion",
    "Message",
    "MessageRead",
    "NetWorthLine",
    "Observation",
    "ParameterValue",
    "Party",
    "Payment",
    "PaymentMove",
    "PepApproval",
    "ProductSwitch",
    "Proposal",
    "ProposalMove",
    "Qualification",
    "Question",
    "Request",
    "RestsOn",
    "Screened",
    "ScreeningRun",
    "Service",
    "SignUp",
    "Signatory",
    "Stop",
    "StopMove",
    "Told",
    "Training",
    "User",
    "WalletEntry",
    "YearlyConfirmation",
]
