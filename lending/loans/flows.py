"""Flows: the advances and repayments of clients, as the transaction monitoring takes them."""

from datetime import datetime

from lending.loans.draw import Draw
from lending.loans.repay import Repayment, Source
from onboarding.screening.monitoring.flows import Flow, Kind


def flows(*, since: datetime, now: datetime) -> list[Flow]:
    """Money that clients paid in and money that was advanced to them, HKD, from `since` on."""
    draws = Draw.objects.filter(drawn_at__gt=since, drawn_at__lte=now)
    repayments = Repayment.objects.filter(source=Source.CLIENT, paid_at__gt=since, paid_at__lte=now)
    found = [
        Flow(client, Kind.OUT, amount, at, f"draw:{pk}")
        for pk, client, amount, at in draws.order_by("pk").values_list(
            "pk", "account__client", "amount", "drawn_at"
        )
    ]
    found += [
        Flow(client, Kind.IN, amount, at, f"repayment:{pk}")
        for pk, client, amount, at in repayments.order_by("pk").values_list(
            "pk", "account__client", "amount", "paid_at"
        )
    ]
    return found
