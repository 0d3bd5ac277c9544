"""What the house has set for credit: discounts, grades, ratios and ages, each a dated parameter."""

from datetime import datetime
from decimal import Decimal

from onboarding.credit.score import Grade, GradeTerms
from onboarding.credit.worth import AssetClass
from onboarding.parameters import Parameter, Unit, declare, value_of, values_of

_HOUSE = "House level, to be confirmed by the credit committee"


def _fraction(name: str, title: str, initial: str, source: str) -> Parameter:
    return declare(
        name,
        title,
        unit=Unit.FRACTION,
        initial=Decimal(initial),
        verified=False,
        source=f"{source}. {_HOUSE}",
    )


def _days(name: str, title: str, initial: int, source: str, **bounds) -> Parameter:
    return declare(
        name,
        title,
        unit=Unit.DAYS,
        initial=Decimal(initial),
        verified=False,
        source=f"{source}. {_HOUSE}",
        **bounds,
    )


DISCOUNTS = {
    AssetClass.FIAT: _fraction(
        "credit_discount_fiat", "Discount of fiat in net worth", "0", "VAF-5"
    ),
    AssetClass.OTHER: _fraction(
        "credit_discount_other", "Discount of other assets in net worth", "0.3", "VAF-5"
    ),
    AssetClass.VIRTUAL: _fraction(
        "credit_discount_virtual", "Discount of virtual assets in net worth", "0.6", "VAF-5, VAF-6"
    ),
}

_OPENING = {
    Grade.A: ("0.4", "0.025", 365),
    Grade.B: ("0.3", "0.03", 365),
    Grade.C: ("0.2", "0.035", 180),
    Grade.D: ("0.1", "0.045", 90),
    Grade.E: ("0", "0", 90),
}
# Of each grade: share of net worth, spread, days to the review.
_TERMS = {
    grade: (
        _fraction(
            f"credit_share_{grade}".lower(),
            f"Share of net worth lent to grade {grade}",
            share,
            "SMF-6",
        ),
        _fraction(
            f"credit_spread_{grade}".lower(),
            f"Spread over the benchmark of grade {grade}",
            spread,
            "SMF-11",
        ),
        _days(
            f"credit_review_{grade}".lower(),
            f"Days to the review of grade {grade}",
            days,
            "SMF-12, at least once a year",
            least=Decimal(1),
            most=Decimal(366),
        ),
    )
    for grade, (share, spread, days) in _OPENING.items()
}

VA_EXPOSURE = _fraction(
    "va_exposure_of_net_worth",
    "Virtual assets at most, as a share of net worth",
    "0.5",
    "JC-2, JC-12",
)
EVIDENCE_AGE = _days("credit_evidence_age", "Age of evidence of net worth at most", 180, "SMF-11")
GRACE = _days("credit_review_grace", "Grace after a credit review is due", 30, "SMF-12")
REMIND = _days("credit_review_reminder", "Days ahead a credit review is listed", 60, "SMF-49")


def discounts(*, now: datetime) -> dict[AssetClass, Decimal]:
    """The discount of each class at `now`, a fraction of one."""
    held = values_of(DISCOUNTS.values(), now=now)
    return {each: held[parameter.name] for each, parameter in DISCOUNTS.items()}


def terms_of(grade: Grade, *, now: datetime) -> GradeTerms:
    """What the house lends on a grade at `now`."""
    share, spread, review = _TERMS[grade]
    held = values_of((share, spread, review), now=now)
    return GradeTerms(held[share.name], held[spread.name], int(held[review.name]))


def days_of(parameter: Parameter, *, now: datetime) -> int:
    return int(value_of(parameter, now=now))
