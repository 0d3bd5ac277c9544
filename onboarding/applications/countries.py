"""Countries by their two letters, from the table that comes with the time zones (ISO 3166)."""

from functools import cache
from importlib.resources import files


@cache
def countries() -> dict[str, str]:
    """Name by code, Hong Kong and the mainland first, then by name."""
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    rows = dict(line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    first = {code: rows[code] for code in ("HK", "CN", "MO", "TW")}
    return first | dict(sorted(rows.items(), key=lambda row: row[1]))
