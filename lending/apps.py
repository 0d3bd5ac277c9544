"""Names the app to Django: what the client owes."""

from django.apps import AppConfig


class LendingConfig(AppConfig):
    name = "lending"
