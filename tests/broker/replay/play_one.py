"""Plays one window on a database of its own, as a process of its own: prints its money as JSON."""

import dataclasses
import json
import os
import sys
from datetime import datetime
from decimal import Decimal


class Shut:
    """A venue that never trades: a build with its sales switched off."""

    name = "paper"

    def depth(self, asset_id, *, market, now):
        return Decimal(0)

    def cost(self, asset_id, units, *, now):
        return Decimal("0.003")

    def place(self, ticket, *, now):
        return None

    def find(self, client_order_id):
        return None


def cut(scenario, end):
    """The scenario up to a moment: at the trough of a crash what is not sold is uncovered."""
    moments = [moment for moment in scenario.moments if moment.at <= end]
    return dataclasses.replace(scenario, moments=moments, ends_at=end)


def main(name, accounts, scale, end, venue):
    os.environ["DJANGO_SETTINGS_MODULE"] = "broker.settings"
    from broker import embedded

    embedded.hold()
    import django

    django.setup()
    from broker.replay import scenario
    from broker.replay.database import fresh_database
    from broker.replay.play import play
    from lending.trading.venues import venue_named

    chosen = Shut() if venue == "shut" else venue_named("paper")
    playing = cut(scenario.recorded(name, scale=Decimal(scale)), datetime.fromisoformat(end))
    with fresh_database():
        outcome = play(playing, accounts=int(accounts), seed=1, venue=chosen)
    said = {"bad": outcome.bad_debt_hkd, "lent": outcome.loans_hkd, "orders": outcome.orders}
    sane = outcome.ledger_balanced and outcome.units_reconciled
    print(json.dumps({key: str(value) for key, value in said.items()} | {"sane": sane}))


if __name__ == "__main__":
    main(*sys.argv[1:])
