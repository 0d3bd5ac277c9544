"""The places of execution the house may use, by name."""

from lending.trading.venue import Venue
from lending.trading.venues.paper import PaperVenue

VENUES: dict[str, Venue] = {"paper": PaperVenue()}


def venue_named(name: str) -> Venue:
    """
    The venue of that name.

    :raises KeyError: the house has none of that name
    """
    return VENUES[name]
