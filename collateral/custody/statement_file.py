"""A statement as its custodian or broker sends it: read into lines, or refused. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from collateral.tables import BadFile, rows_of, units_in


@dataclass(frozen=True, slots=True)
class StatedLine:
    """So many units of the asset called `code`; of the client numbered so, or of all together."""

    code: str
    client: str
    units: Decimal


@dataclass(frozen=True, slots=True)
class Stated:
    """`by_client`: whether each line is one client's."""

    lines: list[StatedLine]
    by_client: bool


def parse_statement(content: bytes) -> Stated:
    """
    The lines of a CSV with the columns asset, units and, where the custodian keeps them, client.

    :raises BadFile: what is wrong, and on which line; nothing is taken of such a file
    """
    lines: dict[tuple[str, str], StatedLine] = {}
    by_client = None
    for number, cells in rows_of(content, needed=("asset", "units"), optional=("client",)):
        by_client = "client" in cells
        code, client = cells["asset"], cells.get("client", "")
        if not 0 < len(code) <= 12:
            raise BadFile(f"Line {number} names no asset.")
        if by_client and not 0 < len(client) <= 24:
            raise BadFile(f"Line {number} names no client, and the file has a column for them.")
        if (code, client) in lines:
            raise BadFile(f"Line {number} says {code} {client} a second time.".replace("  ", " "))
        lines[code, client] = StatedLine(code, client, units_in(cells["units"], line=number))
    if not lines:
        raise BadFile("The file has no line. A place where nothing rests says so with units of 0.")
    return Stated(list(lines.values()), bool(by_client))
