"""Names the app to Django: what the client pledged."""

from django.apps import AppConfig


class CollateralConfig(AppConfig):
    name = "collateral"
