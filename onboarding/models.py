"""The models that the features of this app define."""

from onboarding import client_changes  # noqa: F401 - registers its commands
from onboarding.clients import Client, ClientMove, Service, Signatory
from onboarding.entity import LegalEntity, ProductSwitch
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
    "Alert",
    "AlertMove",
    "ApprovalSize",
    "Case",
    "CaseMove",
    "CaseNote",
    "Client",
    "ClientMove",
    "Hit",
    "HitMove",
    "LegalEntity",
    "ListEntry",
    "ListLoad",
    "ListVersion",
    "ParameterValue",
    "Payment",
    "PaymentMove",
    "PepApproval",
    "ProductSwitch",
    "Proposal",
    "ProposalMove",
    "Screened",
    "ScreeningRun",
    "Service",
    "Signatory",
    "Stop",
    "StopMove",
    "User",
    "WalletEntry",
]
