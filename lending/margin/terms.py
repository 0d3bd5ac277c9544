"""The levels of the house: dated rows that two people approve, never constants."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from collateral.fields import MoneyField, RatioField
from lending.margin.bands import Levels


class MarginTerms(models.Model):
    """
    Ratios are margin usage, debt / margin value, as fractions of one.

    A change is a new row; a row is never edited (trigger), so every call can be told by the
    levels it was made under.
    """

    name = models.CharField(max_length=60)
    recommended = RatioField(default="0.70")
    draw = RatioField(default="0.85")
    calm = RatioField(default="0.88")  # A warning ends here, below where it began.
    warn = RatioField(default="0.90")
    cure = RatioField(default="0.95")
    target = RatioField(default="0.95")  # What a forced sale aims at.
    mta_amount = MoneyField(default="100000")
    mta_fraction = RatioField(default="0.01")
    cure_window = models.DurationField()
    accelerated_window = models.DurationField()
    renewed_window = models.DurationField()
    hard_confirm = models.DurationField()
    effective_at = models.DateTimeField()
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "margin terms"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    recommended__gt=0,
                    recommended__lte=F("draw"),
                    draw__lte=F("calm"),
                    calm__lte=F("warn"),
                    warn__lte=F("cure"),
                    cure__lte=1,
                    target__gt=0,
                    target__lte=F("cure"),
                ),
                name="terms_levels_in_order",
            ),
            models.CheckConstraint(
                condition=Q(mta_amount__gte=0, mta_fraction__gte=0), name="terms_mta_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="terms_maker_is_not_checker"
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.effective_at:%Y-%m-%d})"

    @property
    def levels(self) -> Levels:
        return Levels(
            recommended=self.recommended,
            draw=self.draw,
            calm=self.calm,
            warn=self.warn,
            cure=self.cure,
            target=self.target,
            mta_amount=self.mta_amount,
            mta_fraction=self.mta_fraction,
            hard_confirm=self.hard_confirm,
        )
