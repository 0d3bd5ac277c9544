"""
A list of politically exposed persons as compliance hands it in: CSV in UTF-8 with a header row.

Columns: `ref` and `name`, and where known `name_chinese`, `aliases` (semicolons between), `birth`
(a day or a year), `nationality`, `position`. Others are left alone.
"""

import csv
import io
from collections.abc import Mapping

from onboarding.screening.facts import Listed, Parsed, Party, Unreadable
from onboarding.screening.formats.dates import birth

FILES = ("pep.csv",)


def parse(files: Mapping[str, bytes]) -> Parsed:
    """
    The persons of the file.

    :raises Unreadable: no UTF-8, no header with `ref` and `name`, or a row without either
    """
    [content] = files.values()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("It is not in UTF-8.") from None
    if "\0" in text:
        raise Unreadable("It is no text.")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    entries = {}
    try:
        if not {"ref", "name"} <= set(reader.fieldnames or ()):
            raise Unreadable("Its first row does not name the columns ref and name.")
        for row in reader:
            entry = _entry(
                {key: (value or "") for key, value in row.items() if isinstance(key, str)}
            )
            if entry.ref in entries:
                raise Unreadable(f"It has {entry.ref[:40]} twice.")
            entries[entry.ref] = entry
    except csv.Error as error:
        raise Unreadable(f"{error}.") from None
    if not entries:
        raise Unreadable("It has no rows.")
    return Parsed(tuple(entries.values()), dated=None)


def _entry(row: dict[str, str]) -> Listed:
    ref, name = row["ref"].strip(), row["name"].strip()
    if not ref or not name:
        raise Unreadable(f"A row ({ref[:40] or 'without a ref'}) has no ref or no name.")
    more = [row.get("name_chinese", ""), *row.get("aliases", "").split(";")]
    born = birth(row.get("birth", ""))
    party = Party(
        names=(name, *(each.strip() for each in more if each.strip())),
        is_person=True,
        births=(born,) if born else (),
        nationalities=tuple(n for n in [row.get("nationality", "").strip()] if n),
    )
    return Listed(ref, party, "PEP", row.get("position", "").strip())
