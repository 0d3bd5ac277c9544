"""The thresholds of the transaction monitoring: dated parameters, set by two people."""

from datetime import datetime
from decimal import Decimal

from onboarding.parameters import Parameter, Unit, declare, values_of
from onboarding.screening.monitoring.flows import Thresholds

_SOURCE = "AML-10; house, to be validated independently"


def _threshold(name: str, title: str, unit: Unit, initial: str) -> Parameter:
    return declare(
        f"monitoring_{name}",
        f"Monitoring: {title}",
        unit=unit,
        initial=Decimal(initial),
        verified=False,
        source=_SOURCE,
    )


_DECLARED = {
    "structuring_amount": _threshold(
        "structuring_amount", "amount below which payments are split", Unit.HKD, "120000"
    ),
    "structuring_count": _threshold(
        "structuring_count", "payments that make a split one", Unit.COUNT, "3"
    ),
    "structuring_days": _threshold(
        "structuring_days", "days within which they are split", Unit.DAYS, "5"
    ),
    "in_and_out_amount": _threshold(
        "in_and_out_amount", "money in from which its way out is watched", Unit.HKD, "500000"
    ),
    "in_and_out_share": _threshold(
        "in_and_out_share", "part of it that goes out again", Unit.FRACTION, "0.8"
    ),
    "in_and_out_days": _threshold(
        "in_and_out_days", "days within which it goes out again", Unit.DAYS, "3"
    ),
    "means_share": _threshold(
        "means_share", "payments in, as a part of the declared means", Unit.FRACTION, "0.5"
    ),
    "means_days": _threshold("means_days", "days over which they are added up", Unit.DAYS, "30"),
    "addresses": _threshold("addresses", "new addresses that are many", Unit.COUNT, "5"),
    "addresses_days": _threshold(
        "addresses_days", "days within which they are counted", Unit.DAYS, "30"
    ),
    "dormant_days": _threshold(
        "dormant_days", "days that make an account dormant", Unit.DAYS, "180"
    ),
    "awake_amount": _threshold(
        "awake_amount", "amount that wakes a dormant account", Unit.HKD, "1000000"
    ),
}


def thresholds(*, now: datetime) -> Thresholds:
    """Those in force."""
    held = values_of(_DECLARED.values(), now=now)
    values = {name: held[parameter.name] for name, parameter in _DECLARED.items()}
    whole = {
        name: int(value)
        for name, value in values.items()
        if _DECLARED[name].unit in (Unit.DAYS, Unit.COUNT)
    }
    return Thresholds(**values | whole)
