"""What staff are told of custody: licences that end, and what does not agree."""

from datetime import datetime

from broker.notices.announce import announce
from collateral.custody.places import licences_ending
from onboarding.users import Role

WATCHERS = (Role.OPERATIONS, Role.COMPLIANCE)


def announce_licences(*, now: datetime) -> int:
    """Tell of each licence 60, 30 and 7 days before it ends, and when it has; once each."""
    return sum(
        announce(
            f"licence:{ending.licence.pk}:{ending.told_at}",
            "custody/licence",
            roles=WATCHERS,
            context={"ending": ending},
            now=now,
        )
        for ending in licences_ending(now=now)
    )
