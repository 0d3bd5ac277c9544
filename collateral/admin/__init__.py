"""What is pledged, and what it is worth, on the staff site."""

from collateral.admin import actions, assets, movements, places, prices

__all__ = ["actions", "assets", "movements", "places", "prices"]
