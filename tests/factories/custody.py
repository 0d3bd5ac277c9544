"""Makes what stories of custody start with."""

from datetime import date

from collateral.custody.authority import Given, StandingAuthority
from collateral.custody.places import CustodyPlace, PlaceLicence
from onboarding.users import User
from tests.factories import LONG_AGO, NOON, house


def place(
    code: str, *, kind="broker", number="", expires_on=None, keeps=(), at=LONG_AGO
) -> CustodyPlace:
    """A custody place with one licence row, which holds from long ago."""
    house()
    made, _ = CustodyPlace.objects.get_or_create(
        code=code, defaults={"kind": kind, "name": f"Place {code}"}
    )
    PlaceLicence.objects.create(
        place=made,
        number=number,
        expires_on=expires_on,
        keeps=list(keeps),
        effective_at=at,
        reason="test",
        maker=User.objects.get(username="maker"),
        checker=User.objects.get(username="checker"),
    )
    return made


def an_authority(account, *, starts=date(2026, 3, 4), ends=date(2027, 3, 3)) -> StandingAuthority:
    """Of the account's client, in writing."""
    return StandingAuthority.objects.create(
        client=account.client,
        given=Given.WRITTEN,
        starts_on=starts,
        expires_on=ends,
        evidence="test",
        recorded_at=NOON,
        maker=User.objects.get(username="maker"),
        checker=User.objects.get(username="checker"),
    )
