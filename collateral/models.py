"""The models that the features of this app define."""

from collateral import haircut_change  # noqa: F401 - registers its commands
from collateral.assets import Asset
from collateral.custody.movements import Movement
from collateral.custody.pool import Holding, Pool
from collateral.haircuts import Haircut, HaircutFloor
from collateral.prices.price import HeldBack, Price

__all__ = [
    "Asset",
    "Haircut",
    "HaircutFloor",
    "HeldBack",
    "Holding",
    "Movement",
    "Pool",
    "Price",
]
