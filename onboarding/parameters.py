"""
The house's dated parameters: thresholds, ages, sizes and scores that are set and not programmed.

A feature declares what it needs with the value the house opens with and where that comes from. From
then on two people set another by the command `parameter`; each value has the time it holds from,
its source, and whether somebody has read that source (`verified`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding import payloads
from onboarding.approvals import Command, Invalid, Proposal, register
from onboarding.hands import PARAMETER, Area
from onboarding.payloads import as_hkd, as_moment, as_percent, moment, text

MOST = 10**9  # Of days, counts and points: beyond it somebody's finger slipped.


class Unit(StrEnum):
    HKD = "HKD"
    FRACTION = "fraction"
    DAYS = "days"
    MINUTES = "minutes"
    SECONDS = "seconds"
    COUNT = "count"
    SCORE = "points"


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    What may be set. `initial` holds until a row says otherwise; `least` and `most` bound it.

    `verified` is whether the source of the initial value was read; `source` names rule and text.
    """

    name: str
    title: str
    unit: Unit
    initial: Decimal
    verified: bool
    source: str
    least: Decimal
    most: Decimal


class UnknownParameter(Exception):
    """No feature has declared it, or two have."""


_DECLARED: dict[str, Parameter] = {}


def declare(
    name: str,
    title: str,
    *,
    unit: Unit,
    initial: Decimal,
    verified: bool,
    source: str,
    least: Decimal = Decimal(0),
    most: Decimal | None = None,
) -> Parameter:
    """
    Make a parameter known under its name.

    :raises UnknownParameter: the name is taken, or the initial value is outside its bounds
    """
    if name in _DECLARED:
        raise UnknownParameter(f"two parameters are called {name}")
    ceiling = {Unit.FRACTION: Decimal(1), Unit.HKD: Decimal(10) ** 15}.get(unit, Decimal(MOST))
    most = ceiling if most is None else most
    if not least <= initial <= most:
        raise UnknownParameter(f"{name} would open at {initial}, outside {least} to {most}")
    known = Parameter(name, title, unit, initial, verified, source, least, most)
    _DECLARED[name] = known
    return known


def all_declared() -> list[Parameter]:
    """Every parameter of the product, by title."""
    return sorted(_DECLARED.values(), key=lambda known: (known.title, known.name))


def declared(name: str) -> Parameter:
    """
    The parameter of that name.

    :raises UnknownParameter: no feature has declared it
    """
    try:
        return _DECLARED[name]
    except KeyError:
        raise UnknownParameter(name) from None


class ParameterValue(models.Model):
    """In force from a time until the next row of the same name; a row is never edited."""

    name = models.CharField(max_length=60)
    value = models.DecimalField(max_digits=24, decimal_places=6)
    verified = models.BooleanField()
    source = models.TextField()
    effective_at = models.DateTimeField()
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="parameter_maker_is_not_checker"
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="parameter_not_negative"),
            models.CheckConstraint(condition=~Q(source=""), name="parameter_has_a_source"),
        ]
        indexes = [models.Index(fields=["name", "-effective_at"], name="parameter_in_force")]

    def __str__(self):
        return f"{self.title}: {self.said}"

    @property
    def title(self) -> str:
        """The title of its parameter; the name where the product has it no longer."""
        return _DECLARED[self.name].title if self.name in _DECLARED else self.name

    @property
    def said(self) -> str:
        """The value with its unit."""
        if self.name not in _DECLARED:
            return f"{self.value.normalize():f}"
        return shown(_DECLARED[self.name], self.value)


@dataclass(frozen=True, slots=True)
class InForce:
    """The value that holds, since when (None: since the house opened), and what it rests on."""

    parameter: Parameter
    value: Decimal
    verified: bool
    source: str
    since: datetime | None


def in_force(parameters: Iterable[Parameter], *, now: datetime) -> list[InForce]:
    """What holds at `now`, in the order asked; one query however many."""
    parameters = list(parameters)
    rows = (
        ParameterValue.objects.filter(
            name__in=[each.name for each in parameters], effective_at__lte=now
        )
        .order_by("name", "-effective_at", "-pk")
        .distinct("name")
    )
    held = {row.name: row for row in rows}
    return [_held(each, held.get(each.name)) for each in parameters]


def _held(parameter: Parameter, row: ParameterValue | None) -> InForce:
    if row is None:
        return InForce(parameter, parameter.initial, parameter.verified, parameter.source, None)
    return InForce(parameter, row.value, row.verified, row.source, row.effective_at)


def values_of(parameters: Iterable[Parameter], *, now: datetime) -> dict[str, Decimal]:
    """The values that hold at `now`, by name; one query."""
    return {held.parameter.name: held.value for held in in_force(parameters, now=now)}


def value_of(parameter: Parameter, *, now: datetime) -> Decimal:
    """The value that holds at `now`, in the parameter's unit; a fraction is one of one."""
    return values_of([parameter], now=now)[parameter.name]


def shown(parameter: Parameter, value: Decimal) -> str:
    """`value` with its unit, as people write it."""
    if parameter.unit is Unit.HKD:
        return as_hkd(value)
    if parameter.unit is Unit.FRACTION:
        return as_percent(value)
    number = f"{value.normalize():,f}"
    return number if parameter.unit is Unit.COUNT else f"{number} {parameter.unit}"


def _asked(payload: dict) -> tuple[Parameter, Decimal]:
    name = text(payload, "parameter", "The parameter")
    if name not in _DECLARED:
        raise Invalid(f"There is no parameter {name[:60]}.")
    known = _DECLARED[name]
    read = {Unit.HKD: payloads.money, Unit.FRACTION: payloads.fraction}.get(known.unit)
    if read:
        value = read(payload, "value", "The value")
    else:
        value = payloads.whole(payload, "value", "The value", most=known.most)
    if not known.least <= value <= known.most:
        raise Invalid(
            f"{known.title} must be between {shown(known, known.least)}"
            f" and {shown(known, known.most)}."
        )
    return known, value


def _differs(payload: dict, *, now: datetime) -> list[tuple[str, str, str]]:
    known, value = _asked(payload)
    [held] = in_force([known], now=now)
    source = text(payload, "source", "The source")
    verified = _is_verified(payload)
    if (held.value, held.verified, held.source) == (value, verified, source):
        raise Invalid(f"{known.title} is {shown(known, value)} already.")
    return [
        (known.title, shown(known, held.value), shown(known, value)),
        ("Source", held.source, source),
        ("Source was read", _yes(held.verified), _yes(verified)),
        ("In force from", "", as_moment(moment(payload, "effective_at", now=now))),
    ]


def _is_verified(payload: dict) -> bool:
    said = text(payload, "verified", "Whether the source was read")
    if said not in ("yes", "no"):
        raise Invalid("Say yes or no: was the source read?")
    return said == "yes"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    known, value = _asked(payload)
    row = ParameterValue.objects.create(
        name=known.name,
        value=value,
        verified=_is_verified(payload),
        source=text(payload, "source", "The source"),
        effective_at=moment(payload, "effective_at", now=now) or now,
        reason=proposal.reason,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    return {"parameter": str(row.pk), "effective_at": row.effective_at.isoformat()}


register(
    Command(
        name="parameter",
        title="Parameter of the house",
        proposes=PARAMETER.proposes,
        approves=lambda payload, *, now: PARAMETER.approves,
        apply=_apply,
        differs=_differs,
        area=Area.RISK_PARAMETER,
        dated=True,
    )
)
