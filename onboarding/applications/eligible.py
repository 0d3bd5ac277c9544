"""
Who may apply at all: the first look at whether an applicant is a professional investor.

It rests on what the applicant declares. The status itself, on evidence, is another matter; without
this nobody gets past the form, and the database holds that too (`application_is_professional`).
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models

from onboarding.clients import Kind
from onboarding.investors.limits import (
    CORPORATE_ASSETS,
    CORPORATE_PORTFOLIO,
    INDIVIDUAL_PORTFOLIO,
    TRUST_ASSETS,
)
from onboarding.parameters import value_of


class Category(models.TextChoices):
    """What the applicant says to be. `RETAIL` is an answer, and ends there."""

    INDIVIDUAL = "individual", "An individual with a portfolio of the size the law asks for"
    CORPORATE = "corporate", "A corporation or partnership of the size the law asks for"
    HOLDING = "holding", "A company wholly owned by, or wholly owning, a professional investor"
    TRUST = "trust", "A trust corporation entrusted with assets of the size the law asks for"
    INSTITUTIONAL = (
        "institutional",
        "An institution named in the Ordinance (bank, broker, fund ...)",
    )
    RETAIL = "retail", "None of these"


# Which categories an applicant of each kind may say to be.
CATEGORIES = {
    Kind.PERSON: (Category.INDIVIDUAL, Category.RETAIL),
    Kind.JOINT: (Category.INDIVIDUAL, Category.RETAIL),
    Kind.CORPORATE: (
        Category.CORPORATE,
        Category.HOLDING,
        Category.INSTITUTIONAL,
        Category.RETAIL,
    ),
    Kind.TRUST: (Category.TRUST, Category.RETAIL),
    Kind.INSTITUTION: (Category.INSTITUTIONAL, Category.RETAIL),
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the law asks for at a time, HKD."""

    individual_portfolio: Decimal
    firm_portfolio: Decimal
    firm_assets: Decimal
    trust_assets: Decimal


def sizes(*, now: datetime) -> Sizes:
    return Sizes(
        value_of(INDIVIDUAL_PORTFOLIO, now=now),
        value_of(CORPORATE_PORTFOLIO, now=now),
        value_of(CORPORATE_ASSETS, now=now),
        value_of(TRUST_ASSETS, now=now),
    )


def why_not_professional(
    kind: str, category: str, portfolio: Decimal | None, assets: Decimal | None, sizes: Sizes
) -> str | None:
    """None where the declaration is that of a professional investor; else why not, in words."""
    portfolio, assets = portfolio or Decimal(0), assets or Decimal(0)
    if category not in CATEGORIES[kind]:
        return "Say which of these you are."
    if category == Category.RETAIL:
        return "We lend to professional investors only, so we cannot take this application."
    if category == Category.INDIVIDUAL and portfolio < sizes.individual_portfolio:
        return (
            f"A professional investor has a portfolio of HKD {sizes.individual_portfolio:,.0f} or"
            " more."
        )
    if category == Category.CORPORATE and (
        portfolio < sizes.firm_portfolio and assets < sizes.firm_assets
    ):
        return (
            f"A professional firm has a portfolio of HKD {sizes.firm_portfolio:,.0f} or more, or"
            f" total assets of HKD {sizes.firm_assets:,.0f} or more."
        )
    if category == Category.TRUST and assets < sizes.trust_assets:
        return (
            "A professional trust corporation is entrusted with HKD"
            f" {sizes.trust_assets:,.0f} or more."
        )
    return None
