"""
OFAC's SDN list as it is delimited: sdn.csv, alt.csv, add.csv, sdn_comments.csv, joined by number.

No header row; null is `-0-`. Birth dates, nationalities, identity numbers and digital currency
addresses are words within the remarks, and remarks too long for their column go on in the
comments. An address may be cut where one file ends and the next goes on, so both are put together
before they are read.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping

from onboarding.screening.facts import Listed, Parsed, Party, Unreadable, Wallet
from onboarding.screening.formats.dates import birth

FILES = ("sdn.csv", "alt.csv", "add.csv", "sdn_comments.csv")
_COLUMNS = {"sdn.csv": 12, "alt.csv": 5, "add.csv": 6, "sdn_comments.csv": 2}
_WALLET = re.compile(r"Digital Currency Address\s*-\s*([A-Z0-9]{2,8})\s+([0-9A-Za-z:]{20,120})")
_BIRTH = re.compile(r"(?:^|; ?)(?:alt\. )?DOB ([^;]+)")
_NATION = re.compile(r"(?:^|; ?)(?:alt\. )?(?:nationality|citizen) ([^;(]+)", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?:^|; ?)(?:alt\. )?(?:Passport|National ID No\.|Identification Number|Tax ID No\.|"
    r"National Foreign ID Number|Registration ID|Registration Number|SSN|Cedula No\.|"
    r"Citizen's Card Number|Personal ID Card|Driver's License No\.|Business Registration Number|"
    r"Chinese Commercial Code|Unified Social Credit Code \(USCC\))\s+([0-9A-Z][0-9A-Z/.\- ]{3,39})",
)
_WEAK = re.compile(r"(?:^|; ?)a\.k\.a\. '([^']+)'")


def parse(files: Mapping[str, bytes]) -> Parsed:
    """
    The entries of the four files, each under its number.

    :raises Unreadable: a file is missing, is no text, or a row has not its columns
    """
    missing = [name for name in FILES if name not in files]
    if missing:
        raise Unreadable(f"There is no {' and no '.join(missing)}.")
    rows = {name: list(_rows(name, files[name])) for name in FILES}
    remarks: dict[str, str] = {row[0]: row[11] for row in rows["sdn.csv"]}
    if len(remarks) < len(rows["sdn.csv"]):
        raise Unreadable("sdn.csv has one number twice.")
    for number, more in rows["sdn_comments.csv"]:
        remarks[number] = remarks.get(number, "") + more
    names: dict[str, list[str]] = {row[0]: [row[1]] for row in rows["sdn.csv"]}
    for number, _, _, name, _ in rows["alt.csv"]:
        if number not in names:
            raise Unreadable(f"alt.csv names {number}, which sdn.csv does not have.")
        if name:
            names[number].append(name)
    entries = tuple(
        _entry(row, names[row[0]], remarks[row[0]]) for row in rows["sdn.csv"] if row[1]
    )
    if not entries:
        raise Unreadable("sdn.csv has no entries.")
    return Parsed(entries, dated=None)


def _entry(row: list[str], names: list[str], remarks: str) -> Listed:
    party = Party(
        names=tuple(dict.fromkeys([*names, *_WEAK.findall(remarks)])),
        is_person=row[2].casefold() == "individual",
        births=tuple(b for b in map(birth, _BIRTH.findall(remarks)) if b),
        nationalities=tuple(nation.strip(" .") for nation in _NATION.findall(remarks)),
        identities=tuple(number.strip(" .") for number in _NUMBER.findall(remarks)),
    )
    return Listed(row[0], party, row[3], remarks, wallets_in(remarks))


def wallets_in(remarks: str) -> tuple[Wallet, ...]:
    """Every digital currency address in the words, in their order."""
    return tuple(dict.fromkeys(Wallet(t, a) for t, a in _WALLET.findall(remarks)))


def _rows(name: str, content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        raise Unreadable(f"{name} is no text.")
    wanted = _COLUMNS[name]
    try:
        for line, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            # The files end with a control character on a line of its own.
            if not row or row == ["\x1a"]:
                continue
            if len(row) != wanted or not row[0].strip().isdigit():
                raise Unreadable(f"{name}, row {line}: not the {wanted} columns of the list.")
            # A remark goes on in another file as it stands, its last space included.
            yield [*(_value(each) for each in row[:-1]), _value(row[-1]) and row[-1]]
    except csv.Error as error:
        raise Unreadable(f"{name}: {error}.") from None


def _value(cell: str) -> str:
    cell = cell.strip()
    return "" if cell == "-0-" else cell
