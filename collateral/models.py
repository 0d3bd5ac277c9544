"""The models that the features of this app define."""

from collateral import haircut_change  # noqa: F401 - registers its commands
from collateral.actions import action_change  # noqa: F401 - registers its command
from collateral.actions.action import CorporateAction, Entitlement, ExpectedExDate
from collateral.assets import Asset
from collateral.custody import authority_change, place_change  # noqa: F401 - register theirs
from collateral.custody.authority import StandingAuthority
from collateral.custody.movements import Movement
from collateral.custody.places import CustodyPlace, PlaceLicence
from collateral.custody.pool import HeldAt, Holding, Pool
from collateral.custody.repledge import Repledge
from collateral.haircuts import Haircut, HaircutFloor
from collateral.prices.price import HeldBack, Price

__all__ = [
    "Asset",
    "CorporateAction",
    "CustodyPlace",
    "Entitlement",
    "ExpectedExDate",
    "Haircut",
    "HaircutFloor",
    "HeldAt",
    "HeldBack",
    "Holding",
    "Movement",
    "PlaceLicence",
    "Pool",
    "Price",
    "Repledge",
    "StandingAuthority",
]
