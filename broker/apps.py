"""Names the app to Django, how the house shows it, and the site its staff work on."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class BrokerConfig(AppConfig):
    name = "broker"

    def ready(self):
        # Registers the checks by being imported.
        from broker import checks  # noqa: F401


class StaffSiteConfig(admin.AdminConfig):
    """Django's admin, in which `admin.site` is ours; named, so that nothing imports upwards."""

    default = False
    default_site = "broker.backoffice.site.StaffSite"
