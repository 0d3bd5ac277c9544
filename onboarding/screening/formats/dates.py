"""Birth dates as lists write them: a day, a month, a year, about a year, from a year to a year."""

import calendar
import re
from datetime import date

from onboarding.screening.facts import Birth, year

ABOUT = 2  # Years to either side of a year that is said to be about right.
_MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_abbr) if name}
_DAY = re.compile(r"^(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4})$")
_MONTH = re.compile(r"^([A-Za-z]{3})[a-z]* (\d{4})$")
_SPAN = re.compile(r"^(?:between )?(\d{4})(?: to | and |-)(\d{4})$")


def birth(words: str) -> Birth | None:
    """`12 Mar 1970`, `1970-03-12`, `Mar 1970`, `1970`, `circa 1970`, `1950 to 1955`; else None."""
    words = " ".join(words.split()).strip(" .;")
    about = re.match(r"^(?:circa|approximately|about) (\d{4})$", words, re.IGNORECASE)
    try:
        if about:
            middle = int(about[1])
            return Birth(date(middle - ABOUT, 1, 1), date(middle + ABOUT, 12, 31))
        if re.match(r"^\d{4}$", words):
            return year(int(words))
        if re.match(r"^\d{4}-\d\d-\d\d", words):
            day = date.fromisoformat(words[:10])
            return Birth(day, day)
        if found := _DAY.match(words):
            day = date(int(found[3]), _MONTHS[found[2].casefold()], int(found[1]))
            return Birth(day, day)
        if found := _MONTH.match(words):
            month, in_year = _MONTHS[found[1].casefold()], int(found[2])
            last = calendar.monthrange(in_year, month)[1]
            return Birth(date(in_year, month, 1), date(in_year, month, last))
        if found := _SPAN.match(words):
            first, last = sorted((int(found[1]), int(found[2])))
            return Birth(date(first, 1, 1), date(last, 12, 31))
    except (ValueError, KeyError):
        return None
    return None
