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
SUSPEND_CLIENT = _hands(
    proposes={Role.RM, Role.CREDIT_OFFICER, Role.RISK_OFFICER, Role.COMPLIANCE},
    approves={Role.RISK_OFFICER, Role.COMPLIANCE, Role.RESPONSIBLE_OFFICER},
)
REACTIVATE_CLIENT = _hands(
    proposes={Role.RM, Role.CREDIT_OFFICER, Role.COMPLIANCE}, approves={Role.COMPLIANCE}
)
CLOSE_CLIENT = _hands(proposes={Role.RM, Role.COMPLIANCE}, approves={Role.COMPLIANCE})
HANDOVER = _hands(proposes={Role.RM, Role.COMPLIANCE}, approves={Role.RESPONSIBLE_OFFICER})
