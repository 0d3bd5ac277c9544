"""The models that the features of this app define."""

from collateral import haircut_change  # noqa: F401 - registers its commands
from collateral.assets import Asset
from collateral.custody.movements import Movement
from collateral.custody.pool import Holding, Pool
from collateral.haircuts import Haircut, HaircutFloor
from collateral.prices import thresholds, watch_list  # noqa: F401 - declare their parameters
from collateral.prices.daily_file import DailyFile, FileClose
from collateral.prices.incident import PriceIncident
from collateral.prices.manual_price import ManualPrice
from collateral.prices.price import HeldBack, Price
from collateral.prices.quote_candle import QuoteCandle
from collateral.prices.venue_health import VenueHealth, VenueHealthMove

__all__ = [
    "Asset",
    "DailyFile",
    "FileClose",
    "Haircut",
    "HaircutFloor",
    "HeldBack",
    "Holding",
    "ManualPrice",
    "Movement",
    "Pool",
    "Price",
    "PriceIncident",
    "QuoteCandle",
    "VenueHealth",
    "VenueHealthMove",
]
