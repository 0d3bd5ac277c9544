"""
Corporate actions: what an issuer does to its shares from a day on, entered by two people before it.

From the first minute of the ex-date in Hong Kong until the action is applied the share has no price
(`UNPRICED`); so it is on an expected ex-date that nobody has entered an action for. It is never
cheap by mistake.
"""

from datetime import date, datetime, time

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q

from collateral.actions.arithmetic import RESCALES, ActionKind, Fractions
from collateral.assets import Asset
from collateral.custody.places import CustodyPlace
from collateral.custody.pool import Pool
from collateral.fields import MoneyField, PriceField, UnitsField
from onboarding.payloads import HONG_KONG
from onboarding.proposals import Proposal

KINDS = {
    ActionKind.SPLIT: "Split",
    ActionKind.CONSOLIDATION: "Consolidation",
    ActionKind.BONUS: "Bonus issue",
    ActionKind.RIGHTS: "Rights issue",
    ActionKind.DIVIDEND: "Cash dividend",
    ActionKind.DELISTING: "Delisting",
    ActionKind.FORK: "Fork or airdrop",
    ActionKind.NOTHING: "Nothing changes",
}
FRACTIONS = {
    Fractions.CASH: "In cash at the price ex, rounded down to the cent",
    Fractions.DROPPED: "Dropped: nothing is paid",
    Fractions.UP: "Made up to a whole unit",
}
WITH_A_RATIO = (*RESCALES, ActionKind.RIGHTS, ActionKind.FORK)


def begins(ex_date: date) -> datetime:
    """The first moment of the ex-date in Hong Kong."""
    return datetime.combine(ex_date, time(), HONG_KONG)


class CorporateAction(models.Model):
    """
    `new` for, or on, `old` units; `cash` and `subscription` HKD a unit; `into` what a fork gives.

    `cum_price` and `ex_price` are written with `applied_at`, once; nothing else ever changes.
    """

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="actions")
    kind = models.CharField(max_length=14, choices=[(str(k), w) for k, w in KINDS.items()])
    ex_date = models.DateField()
    ex_at = models.DateTimeField()
    new = models.PositiveIntegerField(null=True, blank=True)
    old = models.PositiveIntegerField(null=True, blank=True)
    cash = PriceField(null=True, blank=True)
    subscription = PriceField(null=True, blank=True)
    into = models.ForeignKey(Asset, models.PROTECT, null=True, blank=True, related_name="+")
    fractions = models.CharField(
        max_length=8, choices=[(str(k), w) for k, w in FRACTIONS.items()], default=Fractions.CASH
    )
    source = models.TextField()
    reason = models.TextField()
    approved_at = models.DateTimeField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True, blank=True)
    cum_price = PriceField(null=True, blank=True)
    ex_price = PriceField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="corporate_action_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[str(kind) for kind in WITH_A_RATIO])
                | Q(new__gt=0, old__gt=0),
                name="corporate_action_has_its_ratio",
            ),
            models.CheckConstraint(
                condition=Q(kind=ActionKind.DIVIDEND, cash__gt=0)
                | ~Q(kind=ActionKind.DIVIDEND) & Q(cash=None),
                name="corporate_action_pays_if_it_is_a_dividend",
            ),
            models.CheckConstraint(
                condition=Q(applied_at=None) | Q(applied_at__gte=F("ex_at")),
                name="corporate_action_not_before_its_day",
            ),
            models.UniqueConstraint(
                fields=["asset", "ex_date", "kind"], name="corporate_action_once"
            ),
        ]
        indexes = [
            # Read by every valuation: what is due and not applied.
            models.Index(fields=["asset", "ex_at"], name="corporate_action_due"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} of {self.asset}, ex {self.ex_date:%-d %b %Y}"

    @property
    def terms(self) -> str:
        """Its figures, in words."""
        if self.kind == ActionKind.DIVIDEND:
            return f"HKD {self.cash.normalize():f} a share"
        if self.kind not in WITH_A_RATIO:
            return ""
        words = "on" if self.kind in (ActionKind.BONUS, ActionKind.RIGHTS) else "for"
        said = f"{self.new:,} {words} {self.old:,}"
        if self.subscription is not None:
            said += f" at HKD {self.subscription.normalize():f}"
        return f"{said} of {self.into}" if self.into else said

    @property
    def prices(self) -> str:
        """The price before and after in theory, HKD, with all the digits they have."""
        if self.cum_price is None:
            return "no price"
        return f"{self.cum_price.normalize():f} to {self.ex_price.normalize():f}"


class ExpectedExDate(models.Model):
    """An ex-date that was announced. It asks for an action, or for two people's word of none."""

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    ex_date = models.DateField()
    ex_at = models.DateTimeField()
    what = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "ex_date"], name="expected_ex_date_once"),
        ]

    def __str__(self):
        return f"{self.asset} ex {self.ex_date:%-d %b %Y}"


class Entitlement(models.Model):
    """
    What one holding at one place had, what became of it, and what is due for it beside the units.

    `cash` is HKD, None where no price told it. `more` are rights, or units of what a fork gives:
    due to the client, and no collateral.
    """

    action = models.ForeignKey(CorporateAction, models.PROTECT, related_name="entitlements")
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="+")
    place = models.ForeignKey(CustodyPlace, models.PROTECT, related_name="+")
    before = UnitsField()
    after = UnitsField()
    cash = MoneyField(null=True, blank=True)
    more = UnitsField(default=0)
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["action", "pool", "place"], name="entitlement_once_a_holding"
            ),
        ]

    def __str__(self):
        return f"{self.action} for pool #{self.pool_id}"


UNPRICED = """
    EXISTS (SELECT FROM collateral_corporateaction action
             WHERE action.asset_id = {asset} AND action.ex_at <= %(now)s
               AND (action.applied_at IS NULL OR action.applied_at > %(now)s))
 OR EXISTS (SELECT FROM collateral_expectedexdate expected
             WHERE expected.asset_id = {asset} AND expected.ex_at <= %(now)s
               AND expected.loaded_at <= %(now)s
               AND NOT EXISTS (SELECT FROM collateral_corporateaction action
                                WHERE action.asset_id = expected.asset_id
                                  AND action.ex_date = expected.ex_date
                                  AND action.approved_at <= %(now)s))"""


def unpriced_by_action(*, now: datetime) -> set[int]:
    """The keys of the assets that an action due, or one that is missing, keeps without a price."""
    condition = UNPRICED.format(asset="asset.id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM collateral_asset asset WHERE {condition}",  # noqa: S608 - words of ours
            {"now": now},
        )
        return {pk for (pk,) in cursor.fetchall()}
