"""Whose hand it is: who proposes and who decides each command, and which hands never meet."""

from dataclasses import dataclass
from enum import StrEnum

from onboarding.users import Role


class Area(StrEnum):
    """What kind of act a command is: who sets risk does not operate."""

    RISK_PARAMETER = "risk parameter"
    OPERATIONS = "operations"
    CLIENT = "client"
    HOUSE = "house"


# They look and never act on a proposal, whatever a command says.
NEVER_DECIDE = frozenset({Role.CLIENT, Role.AUDITOR})

# They see every proposal but the restricted ones.
OVERSEERS = frozenset(
    {
        Role.COMPLIANCE,
        Role.RESPONSIBLE_OFFICER,
        Role.RISK_OFFICER,
        Role.MIC_OMO,
        Role.MIC_RM,
        Role.AUDITOR,
    }
)


@dataclass(frozen=True, slots=True)
class Hands:
    """`above` decides in the place of `approves` what is above the size set for it."""

    proposes: frozenset[Role]
    approves: frozenset[Role]
    above: frozenset[Role] = frozenset()


def _hands(*, proposes: set[Role], approves: set[Role], above: set[Role] = frozenset()) -> Hands:
    return Hands(frozenset(proposes), frozenset(approves), frozenset(above))


# Who decides, by the name of the command. Maker and checker are never one person, also where both
# hold one role. The responsible officer and the two MICs answer for what weighs most (VAF-18).
HAIRCUT = _hands(proposes={Role.RISK_OFFICER}, approves={Role.COMPLIANCE})
FRR_HAIRCUT = _hands(proposes={Role.FINANCE}, approves={Role.COMPLIANCE})
MARGIN_TERMS = _hands(proposes={Role.RISK_OFFICER}, approves={Role.COMPLIANCE})
BENCHMARK_RATE = _hands(proposes={Role.FINANCE}, approves={Role.COMPLIANCE})
APPROVAL_SIZE = _hands(proposes={Role.RISK_OFFICER}, approves={Role.MIC_RM})
PARAMETER = _hands(
    proposes={Role.RISK_OFFICER, Role.COMPLIANCE},
    approves={Role.RESPONSIBLE_OFFICER, Role.MIC_RM},
)
# A price moves the whole book at once; operations takes in a file and finance, who books by it,
# confirms it.
MANUAL_PRICE = _hands(
    proposes={Role.RISK_OFFICER},
    approves={Role.COMPLIANCE, Role.RESPONSIBLE_OFFICER, Role.MIC_RM},
)
PRICE_FILE = _hands(proposes={Role.OPERATIONS}, approves={Role.FINANCE})
PRODUCT_SWITCH = _hands(proposes={Role.COMPLIANCE}, approves={Role.RESPONSIBLE_OFFICER})
CREDIT_LIMIT = _hands(
    proposes={Role.RM, Role.CREDIT_OFFICER},
    approves={Role.CREDIT_OFFICER},
    above={Role.MIC_RM},
)
CREDIT_ASSESSMENT = _hands(proposes={Role.RM, Role.CREDIT_OFFICER}, approves={Role.CREDIT_OFFICER})
GROUP_LIMIT = _hands(proposes={Role.CREDIT_OFFICER}, approves={Role.MIC_RM})
SUSPEND_CLIENT = _hands(
    proposes={Role.RM, Role.CREDIT_OFFICER, Role.RISK_OFFICER, Role.COMPLIANCE},
    approves={Role.RISK_OFFICER, Role.COMPLIANCE, Role.RESPONSIBLE_OFFICER},
)
REACTIVATE_CLIENT = _hands(
    proposes={Role.RM, Role.CREDIT_OFFICER, Role.COMPLIANCE}, approves={Role.COMPLIANCE}
)
CLOSE_CLIENT = _hands(proposes={Role.RM, Role.COMPLIANCE}, approves={Role.COMPLIANCE})
HANDOVER = _hands(proposes={Role.RM, Role.COMPLIANCE}, approves={Role.RESPONSIBLE_OFFICER})
# A hold is asked for by an authority and not talked about (AML-27). What is erased is gone.
LEGAL_HOLD = _hands(
    proposes={Role.COMPLIANCE, Role.MLRO}, approves={Role.MLRO, Role.RESPONSIBLE_OFFICER}
)
ERASE_DOCUMENTS = _hands(proposes={Role.COMPLIANCE}, approves={Role.RESPONSIBLE_OFFICER})
DISCLOSURE_VERSION = _hands(proposes={Role.COMPLIANCE}, approves={Role.RESPONSIBLE_OFFICER})
CONFIRM_INVESTOR = _hands(proposes={Role.RM, Role.ONBOARDING_OFFICER}, approves={Role.COMPLIANCE})
WITHDRAW_INVESTOR = _hands(
    proposes={Role.RM, Role.ONBOARDING_OFFICER, Role.COMPLIANCE}, approves={Role.COMPLIANCE}
)
QUALIFY_INVESTOR = _hands(proposes={Role.RM, Role.ONBOARDING_OFFICER}, approves={Role.COMPLIANCE})
RECORD_TRAINING = _hands(proposes={Role.RM, Role.ONBOARDING_OFFICER}, approves={Role.COMPLIANCE})
KNOWLEDGE_BANK = _hands(proposes={Role.COMPLIANCE}, approves={Role.RESPONSIBLE_OFFICER})
CONNECT_CLIENTS = _hands(
    proposes={Role.RM, Role.ONBOARDING_OFFICER, Role.CREDIT_OFFICER, Role.COMPLIANCE},
    approves={Role.CREDIT_OFFICER, Role.COMPLIANCE},
)
# What comes of screening. Money from a third party is let in by two people, the MLRO one of them.
PEP_APPROVAL = _hands(
    proposes={Role.COMPLIANCE, Role.MLRO}, approves={Role.RESPONSIBLE_OFFICER, Role.MIC_OMO}
)
HK_DESIGNATION = _hands(proposes={Role.COMPLIANCE}, approves={Role.COMPLIANCE, Role.MLRO})
RELEASE_PAYMENT = _hands(proposes={Role.OPERATIONS}, approves={Role.MLRO})
RETURN_PAYMENT = _hands(proposes={Role.OPERATIONS}, approves={Role.COMPLIANCE, Role.MLRO})
REFUSE_APPLICATION = _hands(
    proposes={Role.ONBOARDING_OFFICER, Role.CREDIT_OFFICER}, approves={Role.COMPLIANCE}
)
APPLICATION_CREDIT = _hands(
    proposes={Role.CREDIT_OFFICER}, approves={Role.CREDIT_OFFICER}, above={Role.MIC_RM}
)
OPEN_ACCOUNT = _hands(proposes={Role.ONBOARDING_OFFICER}, approves={Role.COMPLIANCE})
CUSTODY_PLACE = _hands(
    proposes={Role.OPERATIONS, Role.COMPLIANCE},
    approves={Role.COMPLIANCE, Role.RESPONSIBLE_OFFICER},
)
PLEDGE_SECURITIES = _hands(
    proposes={Role.OPERATIONS, Role.RM}, approves={Role.OPERATIONS, Role.RESPONSIBLE_OFFICER}
)
RELEASE_SECURITIES = _hands(
    proposes={Role.OPERATIONS, Role.RM}, approves={Role.CREDIT_OFFICER, Role.RESPONSIBLE_OFFICER}
)
STANDING_AUTHORITY = _hands(
    proposes={Role.OPERATIONS, Role.RM, Role.COMPLIANCE},
    approves={Role.COMPLIANCE, Role.RESPONSIBLE_OFFICER},
)
CORPORATE_ACTION = _hands(
    proposes={Role.OPERATIONS}, approves={Role.OPERATIONS, Role.COMPLIANCE, Role.RISK_OFFICER}
)
PAY_CORPORATE_ACTION = _hands(
    proposes={Role.OPERATIONS}, approves={Role.FINANCE, Role.RESPONSIBLE_OFFICER}
)
CLOSE_DIFFERENCE = _hands(proposes={Role.OPERATIONS}, approves={Role.COMPLIANCE, Role.FINANCE})

# Who loads what others sent: the calendar of ex-dates, the statements of custodians.
LOADS_FILES = frozenset({Role.OPERATIONS, Role.COMPLIANCE})
