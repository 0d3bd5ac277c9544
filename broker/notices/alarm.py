"""Alarm: the MLRO and risk hear of each short account that is not sold, until it is settled."""

from datetime import datetime

from broker.notices.announce import announce
from lending.liquidation.held import held_sales
from onboarding.parameters import value_of
from onboarding.screening.gate import ALARM_EVERY
from onboarding.users import Role

HEARERS = (Role.MLRO, Role.RISK_OFFICER)


def alarm_held_sales(*, now: datetime) -> int:
    """Tell them, once in each span of minutes and account; how many accounts are held."""
    held = held_sales(now=now)
    if not held:
        return 0
    turn = int(now.timestamp()) // int(value_of(ALARM_EVERY, now=now) * 60)
    for each in held:
        announce(
            f"held:{each.account.pk}:{turn}",
            "alarm/held",
            roles=HEARERS,
            context={"held": each, "account": each.account, "reading": each.reading, "now": now},
            now=now,
        )
    return len(held)
