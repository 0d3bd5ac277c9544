"""What is pledged, and what it is worth, on the staff site."""

from collateral.admin import actions, assets, differences, movements, places, prices

__all__ = ["actions", "assets", "differences", "movements", "places", "prices"]
