"""
The qualified corporate professional investor: assessed market by market, with consent each year.

Three criteria are argued and judged together (PI-11). It holds while the explanation was given, the
consent signed, and the yearly confirmation not missed (PI-12); a later assessment replaces it.
"""

from collections.abc import Mapping
from datetime import date, datetime, time

from django.db import models
from django.db.models import F, Q

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.client_changes import client_named
from onboarding.clients import Client
from onboarding.hands import QUALIFY_INVESTOR
from onboarding.investors.limits import CONFIRMATION, months_after, months_of
from onboarding.investors.standing import is_corporate, professional, status_of
from onboarding.investors.status import InvestorStatus
from onboarding.payloads import HONG_KONG, as_day, day, text, today


class Market(models.TextChoices):
    SECURITIES = "securities", "Securities"
    VA = "va", "Virtual assets"
    VA_DERIVATIVES = "va_derivatives", "Derivatives of virtual assets"


CRITERIA = {
    "structure": "Corporate structure, investment process and controls",
    "background": "Investment background of who decides",
    "awareness": "Awareness of the risks",
}


class Qualification(models.Model):
    """One assessment of a client for one market; never edited. It passed where all are met."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="qualifications")
    market = models.CharField(max_length=16, choices=Market.choices)
    structure = models.TextField()
    structure_met = models.BooleanField()
    background = models.TextField()
    background_met = models.BooleanField()
    awareness = models.TextField()
    awareness_met = models.BooleanField()
    explained_date = models.DateField()
    consent_date = models.DateField()
    consent_reference = models.CharField(max_length=120)
    assessed_at = models.DateTimeField()
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(structure="") & ~Q(background="") & ~Q(awareness=""),
                name="qualification_argues_each_criterion",
            ),
            models.CheckConstraint(
                condition=Q(consent_date__gte=F("explained_date")) & ~Q(consent_reference=""),
                name="qualification_explained_before_consent",
            ),
        ]
        indexes = [models.Index(fields=["client", "market", "-id"], name="qualification_newest")]

    def __str__(self):
        return f"{self.client}: {self.get_market_display()}"

    @property
    def passed(self) -> bool:
        return self.structure_met and self.background_met and self.awareness_met


class YearlyConfirmation(models.Model):
    """The client said again that it qualifies and consents; or not, where `stands` is false."""

    qualification = models.ForeignKey(Qualification, models.PROTECT, related_name="confirmations")
    stands = models.BooleanField()
    confirmed_date = models.DateField()
    reference = models.CharField(max_length=120)
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")

    def __str__(self):
        return f"{self.qualification}, {self.confirmed_date:%Y-%m-%d}"


def qualification_of(client: Client, market: Market, *, on: date) -> Qualification | None:
    """The newest assessment for that market by that day, passed or not."""
    rows = client.qualifications.filter(market=market).order_by("-pk")
    return next((row for row in rows if row.assessed_at.astimezone(HONG_KONG).date() <= on), None)


def confirmed_until(row: Qualification, *, on: date, months: int) -> date | None:
    """First day on which its yearly confirmation is missed; None where it was taken back."""
    said = row.confirmations.filter(confirmed_date__lte=on)
    return _until(row, said.order_by("-confirmed_date", "-pk").first(), months)


def _until(row: Qualification, last: YearlyConfirmation | None, months: int) -> date | None:
    if last is None:
        return months_after(row.consent_date, months)
    return months_after(last.confirmed_date, months) if last.stands else None


def qualified_among(
    standing: Mapping[int, InvestorStatus], market: Market, *, on: date
) -> set[int]:
    """
    Of the clients with these statuses on that day, by key, those qualified for that market.

    In three statements (PI-11, PI-12).
    """
    corporate = [client for client, status in standing.items() if is_corporate(status)]
    if not corporate:
        return set()
    night = datetime.combine(on, time.max, HONG_KONG)
    rows = (
        Qualification.objects.filter(client__in=corporate, market=market, assessed_at__lte=night)
        .order_by("client", "-pk")
        .distinct("client")
    )
    newest = {row.pk: row for row in rows if row.passed and row.consent_date <= on}
    if not newest:
        return set()
    said = (
        YearlyConfirmation.objects.filter(qualification__in=newest, confirmed_date__lte=on)
        .order_by("qualification", "-confirmed_date", "-pk")
        .distinct("qualification")
    )
    last = {each.qualification_id: each for each in said}
    months = months_of(CONFIRMATION, now=night)
    return {
        row.client_id
        for row in newest.values()
        if (until := _until(row, last.get(row.pk), months)) is not None and on < until
    }


def is_qualified(client: Client, market: Market, *, on: date) -> bool:
    """Whether `client` is a qualified corporate investor for that market that day (PI-12)."""
    standing = professional([client.pk], on=on)
    return client.pk in qualified_among(standing, market, on=on)


def _market(payload: dict) -> Market:
    name = text(payload, "market", "The market")
    if name not in Market.values:
        raise Invalid(f"There is no market {name[:16]}.")
    return Market(name)


def _met(payload: dict, name: str) -> bool:
    said = text(payload, f"{name}_met", f"Whether it is met: {CRITERIA[name].lower()}")
    if said not in ("yes", "no"):
        raise Invalid(f"Say yes or no: {CRITERIA[name].lower()}.")
    return said == "yes"


def _judged(payload: dict, *, now: datetime) -> dict:
    client, market = client_named(payload), _market(payload)
    status = status_of(client, on=today(now))
    if status is None or not is_corporate(status):
        raise Invalid(f"{client} is no corporate professional investor.")
    explained = day(payload, "explained_date", "The day of the written explanation")
    consent = day(payload, "consent_date", "The day of the consent")
    if not explained <= consent <= today(now):
        raise Invalid("The explanation comes first, then the consent, and neither is to come.")
    argued = {name: text(payload, name, words) for name, words in CRITERIA.items()}
    met = {f"{name}_met": _met(payload, name) for name in CRITERIA}
    reference = text(payload, "consent_reference", "The reference of the consent")[:120]
    return (
        argued
        | met
        | {
            "client": client,
            "market": market,
            "explained_date": explained,
            "consent_date": consent,
            "consent_reference": reference,
        }
    )


def _assessment(payload: dict, *, now: datetime) -> Difference:
    judged = _judged(payload, now=now)
    before = qualification_of(judged["client"], judged["market"], on=today(now))
    passed = all(judged[f"{name}_met"] for name in CRITERIA)
    was = "not assessed" if before is None else _outcome(before.passed)
    lines = [(judged["market"].label, was, _outcome(passed))]
    for name, words in CRITERIA.items():
        lines.append(
            (words, "", f"{'met' if judged[f'{name}_met'] else 'not met'}: {judged[name]}")
        )
    consent = f"{as_day(judged['consent_date'])}, {judged['consent_reference']}"
    lines.append(("Explained in writing", "", as_day(judged["explained_date"])))
    lines.append(("Consent signed", "", consent))
    return lines


def _outcome(passed: bool) -> str:
    return "qualified" if passed else "not qualified"


def _assess(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    row = Qualification.objects.create(
        **_judged(payload, now=now), assessed_at=now, proposal=proposal
    )
    return {"qualification": str(row.pk), "outcome": _outcome(row.passed)}


def _again(payload: dict, *, now: datetime) -> tuple[Qualification, bool, date]:
    client, market = client_named(payload), _market(payload)
    row = qualification_of(client, market, on=today(now))
    if row is None or not row.passed:
        raise Invalid(f"{client} is not qualified for {market.label.lower()}.")
    said = text(payload, "stands", "Whether the client still qualifies and consents")
    if said not in ("yes", "no"):
        raise Invalid("Say yes or no: does the client still qualify and consent?")
    confirmed = day(payload, "confirmed_date", "The day of the confirmation")
    if not row.consent_date <= confirmed <= today(now):
        raise Invalid("The confirmation comes after the consent and is not to come.")
    return row, said == "yes", confirmed


def _confirmation(payload: dict, *, now: datetime) -> Difference:
    row, stands, confirmed = _again(payload, now=now)
    months = months_of(CONFIRMATION, now=now)
    before = confirmed_until(row, on=today(now), months=months)
    after = as_day(months_after(confirmed, months)) if stands else "taken back"
    return [
        (f"{row.get_market_display()}: confirmed until", before and as_day(before) or "", after),
        ("Said on", "", as_day(confirmed)),
        ("Reference", "", text(payload, "reference", "The reference")[:120]),
    ]


def _confirm(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    row, stands, confirmed = _again(payload, now=now)
    made = row.confirmations.create(
        stands=stands,
        confirmed_date=confirmed,
        reference=text(payload, "reference", "The reference")[:120],
        proposal=proposal,
    )
    return {"confirmation": str(made.pk)}


register(
    Command(
        name="qualify_investor",
        title="Qualified corporate investor",
        proposes=QUALIFY_INVESTOR.proposes,
        approves=lambda payload, *, now: QUALIFY_INVESTOR.approves,
        apply=_assess,
        differs=_assessment,
        client_of=client_named,
        dated=True,
    )
)
register(
    Command(
        name="confirm_qualification",
        title="Yearly confirmation of a qualified investor",
        proposes=QUALIFY_INVESTOR.proposes,
        approves=lambda payload, *, now: QUALIFY_INVESTOR.approves,
        apply=_confirm,
        differs=_confirmation,
        client_of=client_named,
        dated=True,
    )
)
