"""What is pledged, and what it is worth, on the staff site."""

from collateral.admin import assets, movements, places, prices

__all__ = ["assets", "movements", "places", "prices"]
