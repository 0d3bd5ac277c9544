"""Change a benchmark rate: finance proposes, compliance approves; no day that is over changes."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Max

from lending.loans.rates import CEILING, BenchmarkRate, NoBenchmark, benchmark
from lending.margin.account import MarginAccount, State
from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import BENCHMARK_RATE, Area
from onboarding.payloads import as_day, as_percent, day, fraction, text, today


def _differs(payload: dict, *, now: datetime) -> Difference:
    currency = text(payload, "currency", "The currency")
    rate = fraction(payload, "rate", "The rate")
    from_date = day(payload, "from_date", "The first day")
    source = text(payload, "source", "The source")
    if from_date < today(now):
        raise Invalid("Interest of a day that is over is not changed: date it today or later.")
    if BenchmarkRate.objects.filter(currency=currency, from_date=from_date).exists():
        raise Invalid(f"There is a rate of {currency} from {as_day(from_date)} already.")
    _refuse_extortion(currency, rate)
    try:
        before = benchmark(currency, on=from_date)
    except NoBenchmark:
        raise Invalid(f"We do not lend in {currency[:3]}.") from None
    return [
        (f"{currency} benchmark", as_percent(before), as_percent(rate)),
        ("From", "", as_day(from_date)),
        ("Source", "", source[:60]),
    ]


def _refuse_extortion(currency: str, rate: Decimal) -> None:
    """INT-3: with the widest spread that anybody pays it stays below the ceiling."""
    spread = (
        MarginAccount.objects.exclude(state=State.CLOSED)
        .filter(subledger__currency=currency)
        .aggregate(widest=Max("spread"))["widest"]
    ) or Decimal(0)
    if rate + spread >= CEILING:
        raise Invalid(
            f"With the widest spread, {as_percent(spread)}, a loan would cost "
            f"{as_percent(CEILING)} a year or more."
        )


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    row = BenchmarkRate.objects.create(
        currency=text(payload, "currency", "The currency"),
        rate=fraction(payload, "rate", "The rate"),
        from_date=day(payload, "from_date", "The first day"),
        source=text(payload, "source", "The source")[:60],
        maker=proposal.maker,
        checker=proposal.checker,
    )
    return {"benchmark_rate": str(row.pk)}


register(
    Command(
        name="benchmark_rate",
        title="Benchmark rate",
        proposes=BENCHMARK_RATE.proposes,
        approves=lambda payload, *, now: BENCHMARK_RATE.approves,
        apply=_apply,
        differs=_differs,
        area=Area.RISK_PARAMETER,
        dated=True,
    )
)
