"""Names the app to Django: who the client is."""

from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "onboarding"
