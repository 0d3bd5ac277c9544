"""The Hong Kong identity card number and its check digit. Pure."""

import re

_WRITTEN = re.compile(r"([A-Z]{1,2})([0-9]{6})\(?([0-9A])\)?")
_NO_LETTER = 36  # What an empty first place counts, after 0 to 9 and A to Z.


class NotAnHkid(Exception):
    """It is not written like one, or its check digit does not belong to it."""


def hkid(words: str) -> str:
    """
    The number in its plain form, A123456(3), however it was typed.

    Letters count 10 to 35, an absent first letter 36; the eight places before the check digit weigh
    9 down to 2 and the check digit 1, where A stands for ten. The sum divides by eleven.

    :raises NotAnHkid: with what is wrong with it
    """
    plain = re.sub(r"[\s-]", "", words).upper()
    parts = _WRITTEN.fullmatch(plain)
    if parts is None:
        raise NotAnHkid("An HKID is one or two letters, six digits and a check digit: A123456(3).")
    letters, digits, check = parts.groups()
    if check != check_digit(letters, digits):
        raise NotAnHkid("The digit in brackets does not belong to this number: look once more.")
    return f"{letters}{digits}({check})"


def check_digit(letters: str, digits: str) -> str:
    """The check digit of one or two capital letters and six digits."""
    places = [_NO_LETTER] if len(letters) == 1 else []
    places += [ord(letter) - ord("A") + 10 for letter in letters]
    places += [int(digit) for digit in digits]
    weighed = sum(weight * value for weight, value in zip(range(9, 1, -1), places, strict=True))
    check = -weighed % 11
    return "A" if check == 10 else str(check)
