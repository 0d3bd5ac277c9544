"""
The legal entity, and the register of what it may offer: everything is off until it is switched on.

A feature is switched on with the SFC notification it was announced under (JC-9); financing of
virtual assets also with the licence conditions that compliance signs for (VAF-1).
"""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.approvals import Command, Invalid, Proposal, register
from onboarding.hands import PRODUCT_SWITCH, Area
from onboarding.payloads import as_day, as_moment, day, moment, text, today


class Feature(StrEnum):
    """What has to be notified before its first time (JC-9). Client types have one each."""

    VA_FINANCING = "va_financing"
    VA_DEPOSITS = "va_deposits"
    VA_WITHDRAWALS = "va_withdrawals"
    STAKING = "staking"
    IN_KIND_SUBSCRIPTION = "in_kind_subscription"
    SECURITIES_REPLEDGE = "securities_repledge"


CLIENT_TYPES = ("person", "joint", "corporate", "trust", "institution")
_NEW_CLIENT_TYPE = "new_client_type:"
FEATURES = {
    Feature.VA_FINANCING: "Financing of virtual-asset dealing",
    Feature.VA_DEPOSITS: "Client deposits of virtual assets",
    Feature.VA_WITHDRAWALS: "Client withdrawals of virtual assets",
    Feature.STAKING: "Staking",
    Feature.IN_KIND_SUBSCRIPTION: "Subscriptions in kind",
    Feature.SECURITIES_REPLEDGE: "Re-pledging of clients' securities",
} | {f"{_NEW_CLIENT_TYPE}{kind}": f"Clients of the type {kind}" for kind in CLIENT_TYPES}

# What compliance signs for before virtual assets are financed (VAF-1, 26EC5 paragraphs 1 to 3).
VA_FINANCING_CONDITIONS = {
    "omnibus": "Deals in virtual assets for clients through an omnibus account with a licensed "
    "platform",
    "margin_business": "Carries on securities margin financing under its licence",
    "terms_in_force": "The licence conditions and the dealing terms that allow financing are in "
    "force",
}


def client_type(kind: str) -> str:
    """The feature that gates clients of `kind`."""
    return f"{_NEW_CLIENT_TYPE}{kind}"


class UnknownFeature(Exception):
    """No such feature is on the register: a misspelt gate would never open."""


class LegalEntity(models.Model):
    """A licensed corporation. `licence` is its central entity number with the regulator."""

    name = models.CharField(max_length=120, unique=True)
    licence = models.CharField(max_length=12, unique=True)

    class Meta:
        verbose_name_plural = "legal entities"

    def __str__(self):
        return f"{self.name} ({self.licence})"


class ProductSwitch(models.Model):
    """
    A feature of one entity, on or off from a time. A row is never edited: the last one holds.

    `notification` is the reference of the SFC notification and `notified_date` when it was sent;
    `conditions` are the licence conditions signed for, {name: evidence}.
    """

    entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="switches")
    feature = models.CharField(max_length=40)
    on = models.BooleanField()
    notification = models.CharField(max_length=60, blank=True)
    notified_date = models.DateField(null=True, blank=True)
    conditions = models.JSONField(default=dict, blank=True)
    effective_at = models.DateTimeField()
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(
        Proposal, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "product switches"
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="product_switch_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=Q(on=False) | (~Q(notification="") & Q(notified_date__isnull=False)),
                name="product_switch_on_was_notified",
            ),
            models.CheckConstraint(
                condition=~Q(feature=Feature.VA_FINANCING, on=True)
                | Q(conditions__has_keys=list(VA_FINANCING_CONDITIONS)),
                name="product_switch_va_financing_conditions_signed",
            ),
        ]
        indexes = [
            # Read by every gate.
            models.Index(fields=["feature", "-effective_at"], name="product_switch_in_force")
        ]

    def __str__(self):
        return f"{self.feature} {'on' if self.on else 'off'} from {self.effective_at:%Y-%m-%d}"


def switch_of(
    feature: str, *, now: datetime, entity: LegalEntity | None = None
) -> ProductSwitch | None:
    """
    The row that holds at `now`, or None where it was never switched.

    Without `entity` it is the only one there is; where there are several, none is meant.

    :raises UnknownFeature: it is not on the register
    """
    if feature not in FEATURES:
        raise UnknownFeature(feature)
    rows = ProductSwitch.objects.filter(feature=feature, effective_at__lte=now)
    if entity is not None:
        rows = rows.filter(entity=entity)
    elif LegalEntity.objects.count() != 1:
        return None
    return rows.order_by("-effective_at", "-pk").first()


def gate(feature: str, *, now: datetime, entity: LegalEntity | None = None) -> str | None:
    """
    None where the feature is on; else why not, in the client's words. Off by default (VAF-1).

    :raises UnknownFeature: it is not on the register
    """
    switch = switch_of(feature, now=now, entity=entity)
    if switch is not None and switch.on:
        return None
    return f"{FEATURES[feature]}: we do not offer this at present."


def may_finance_va(*, now: datetime, entity: LegalEntity | None = None) -> str | None:
    """None where virtual assets may be financed; else why not, in the client's words (VAF-1)."""
    return gate(Feature.VA_FINANCING, now=now, entity=entity)


def _entity_of(payload: dict) -> LegalEntity:
    licence = text(payload, "entity", "The legal entity")
    entity = LegalEntity.objects.filter(licence=licence).first()
    if entity is None:
        raise Invalid(f"There is no legal entity with the licence {licence}.")
    return entity


def _feature_of(payload: dict) -> str:
    feature = text(payload, "feature", "The feature")
    if feature not in FEATURES:
        raise Invalid(f"There is no feature {feature}.")
    return feature


def _wanted(payload: dict) -> bool:
    wanted = text(payload, "on", "On or off")
    if wanted not in ("on", "off"):
        raise Invalid("A switch is on or off.")
    return wanted == "on"


def _conditions(payload: dict, feature: str, *, on: bool) -> dict[str, str]:
    if feature != Feature.VA_FINANCING or not on:
        return {}
    signed = payload.get("conditions")
    signed = signed if isinstance(signed, dict) else {}
    return {name: text(signed, name, said) for name, said in VA_FINANCING_CONDITIONS.items()}


def _differs(payload: dict, *, now: datetime) -> list[tuple[str, str, str]]:
    entity, feature, on = _entity_of(payload), _feature_of(payload), _wanted(payload)
    before = switch_of(feature, now=now, entity=entity)
    was_on = before is not None and before.on
    if was_on == on:
        raise Invalid(f"{FEATURES[feature]} is {'on' if on else 'off'} already.")
    lines = [
        (f"{entity.name}: {FEATURES[feature]}", _on_or_off(was_on), _on_or_off(on)),
        ("In force from", "", as_moment(moment(payload, "effective_at", now=now))),
    ]
    if on:
        notified = day(payload, "notified_date", "The day the SFC was notified")
        if notified > today(now):
            raise Invalid("The SFC is notified before a feature starts, and that day is to come.")
        reference = text(payload, "notification", "The SFC notification reference")
        lines.append(("SFC notification", "", f"{reference}, {as_day(notified)}"))
    for name, evidence in _conditions(payload, feature, on=on).items():
        lines.append((VA_FINANCING_CONDITIONS[name], "", evidence))
    return lines


def _on_or_off(on: bool) -> str:
    return "on" if on else "off"


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    feature, on = _feature_of(payload), _wanted(payload)
    switch = ProductSwitch.objects.create(
        entity=_entity_of(payload),
        feature=feature,
        on=on,
        notification=text(payload, "notification", "The reference") if on else "",
        notified_date=day(payload, "notified_date", "The day") if on else None,
        conditions=_conditions(payload, feature, on=on),
        effective_at=moment(payload, "effective_at", now=now) or now,
        reason=proposal.reason,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    return {"product_switch": str(switch.pk), "effective_at": switch.effective_at.isoformat()}


register(
    Command(
        name="product_switch",
        title="Product switch",
        proposes=PRODUCT_SWITCH.proposes,
        approves=lambda payload, *, now: PRODUCT_SWITCH.approves,
        apply=_apply,
        differs=_differs,
        area=Area.HOUSE,
        dated=True,
    )
)
