"""Number columns whose precision is decided once."""

from django.db import models


class _NumericField(models.DecimalField):
    """A NUMERIC whose digits come from the class, so that migrations stay short."""

    digits: int
    places: int

    def __init__(self, *args, **kwargs):
        kwargs["max_digits"] = self.digits
        kwargs["decimal_places"] = self.places
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs

    def db_check(self, connection):
        """To PostgreSQL NaN is a number like any other, and greater than all: it is kept out."""
        return f"{connection.ops.quote_name(self.column)} < 'NaN'"


class UnitsField(_NumericField):
    """Units of an asset; whole multiples of its smallest step, at most 18 places."""

    digits, places = 38, 18


class PriceField(_NumericField):
    """HKD for one unit of an asset."""

    digits, places = 28, 10


class MoneyField(_NumericField):
    """HKD, to the cent."""

    digits, places = 24, 2


class AccrualField(_NumericField):
    """HKD of interest that has accrued and is not yet posted: ten places (INT-7)."""

    digits, places = 30, 10


class RatioField(_NumericField):
    """A fraction of one: a haircut, a level, a yearly rate."""

    digits, places = 9, 6
