"""Makes what stories of custody start with."""

from collateral.custody.places import CustodyPlace, PlaceLicence
from onboarding.users import User
from tests.factories import LONG_AGO, house


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
