"""The models that the features of this app define."""

from collateral import haircut_change  # noqa: F401 - registers its commands
from collateral.actions import action_change  # noqa: F401 - registers its command
from collateral.actions.action import CorporateAction, Entitlement, ExpectedExDate
from collateral.assets import Asset
from collateral.custody import (  # noqa: F401 - register their commands
    authority_change,
    difference_close,
    place_change,
)
from collateral.custody.authority import StandingAuthority
from collateral.custody.difference import Difference, DifferenceMove, ReconciliationRun
from collateral.custody.movements import Movement
from collateral.custody.places import CustodyPlace, PlaceLicence
from collateral.custody.pool import HeldAt, Holding, Pool
from collateral.custody.repledge import Repledge
from collateral.custody.statement import Statement, StatementLine
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
    "CorporateAction",
    "CustodyPlace",
    "Difference",
    "DifferenceMove",
    "Entitlement",
    "ExpectedExDate",
    "DailyFile",
    "FileClose",
    "Haircut",
    "HaircutFloor",
    "HeldAt",
    "HeldBack",
    "Holding",
    "ManualPrice",
    "Movement",
    "PlaceLicence",
    "Pool",
    "Price",
    "ReconciliationRun",
    "Repledge",
    "StandingAuthority",
    "Statement",
    "StatementLine",
    "PriceIncident",
    "QuoteCandle",
    "VenueHealth",
    "VenueHealthMove",
]
