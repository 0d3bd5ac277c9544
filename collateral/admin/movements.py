"""The register of units: what entered and left each pool."""

from django.contrib import admin
from unfold.decorators import display

from collateral.admin.figures import numeral, units_of
from collateral.custody.movements import Movement, Place
from onboarding.admin.look_only import LookOnly, moment


@admin.register(Movement)
class MovementAdmin(LookOnly):
    client_paths = ("from_pool__client", "to_pool__client")
    list_display = (
        moment("moved_at", "Moved"),
        "client",
        "asset",
        "num_units",
        "from_place",
        "to_place",
        "custody",
        "narrative",
    )
    list_filter = ("asset", "custody", "from_place", "to_place")
    list_select_related = ("asset", "custody", "from_pool__client", "to_pool__client")
    search_fields = ("key", "narrative", "from_pool__client__name", "to_pool__client__name")
    search_help_text = "Key, narrative or client"
    ordering = ("-pk",)
    fields = (
        moment("moved_at", "Moved"),
        "client",
        "asset",
        "num_units",
        "from_place",
        "to_place",
        "custody",
        "narrative",
        "key",
    )

    @display(description="Client")
    def client(self, movement):
        pool = movement.from_pool if movement.from_place == Place.POOL else movement.to_pool
        return pool.client

    @display(description="Units", ordering="units")
    def num_units(self, movement):
        return numeral(units_of(movement.units, movement.asset.places))
