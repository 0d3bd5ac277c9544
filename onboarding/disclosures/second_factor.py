"""The second factor of a login. There is none in the product yet: this is where it is asked for."""

from datetime import datetime
from typing import Protocol


class SecondFactor(Protocol):
    """Something that the person has besides the password. `name` is kept with what it confirmed."""

    name: str

    def confirms(self, code: str, *, now: datetime) -> bool:
        """Whether `code` is the right one now."""


def second_factor_of(user) -> SecondFactor | None:
    """The second factor of that login; None where it has none, which today is always."""
    return None
