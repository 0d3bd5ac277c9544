"""OFAC's SDN.XML: the same list in one file, where every address stands on its own."""

import re
from collections.abc import Mapping
from datetime import datetime
from xml.etree.ElementTree import Element

from onboarding.screening.facts import Listed, Parsed, Party, Unreadable, Wallet
from onboarding.screening.formats.dates import birth
from onboarding.screening.formats.xml import every, root_of, text, texts

FILES = ("sdn.xml",)
_WALLET = re.compile(r"^Digital Currency Address\s*-\s*([A-Z0-9]{2,8})$")
_NO_NUMBER = ("Gender", "Website", "Email Address", "Secondary sanctions risk:")


def parse(files: Mapping[str, bytes]) -> Parsed:
    """
    The entries of the file, each under its uid.

    :raises Unreadable: it is not this list, or an entry has no uid or no name
    """
    [content] = files.values()
    root = root_of(content, called="sdnList")
    entries = tuple(_entry(each) for each in every(root, "sdnEntry"))
    if not entries:
        raise Unreadable("It has no entries.")
    if len({entry.ref for entry in entries}) < len(entries):
        raise Unreadable("It has one uid twice.")
    return Parsed(entries, _dated(text(root, "publshInformation", "Publish_Date")))


def _dated(words: str):
    try:
        return datetime.strptime(words, "%m/%d/%Y").date() if words else None  # noqa: DTZ007 - a day
    except ValueError:
        raise Unreadable(f"Its date is none: {words[:20]}.") from None


def _entry(entry: Element) -> Listed:
    ref, names = text(entry, "uid"), [_name(entry), *map(_name, every(entry, "akaList", "aka"))]
    if not ref or not names[0]:
        raise Unreadable(f"An entry ({ref or 'without a uid'}) has no uid or no name.")
    numbers, wallets = [], []
    for each in every(entry, "idList", "id"):
        kind, number = text(each, "idType"), "".join(text(each, "idNumber").split())
        coin = _WALLET.match(kind)
        if coin and number:
            wallets.append(Wallet(coin[1], number))
        elif number and kind not in _NO_NUMBER:
            numbers.append(number)
    births = texts(entry, "dateOfBirthList", "dateOfBirthItem", "dateOfBirth")
    party = Party(
        names=tuple(dict.fromkeys(name for name in names if name)),
        is_person=text(entry, "sdnType") == "Individual",
        births=tuple(b for b in map(birth, births) if b),
        nationalities=tuple(
            texts(entry, "nationalityList", "nationality", "country")
            + texts(entry, "citizenshipList", "citizenship", "country")
        ),
        identities=tuple(numbers),
    )
    programmes = ", ".join(texts(entry, "programList", "program"))
    return Listed(ref, party, programmes, text(entry, "remarks"), tuple(dict.fromkeys(wallets)))


def _name(element: Element) -> str:
    last, first = text(element, "lastName"), text(element, "firstName")
    return f"{last}, {first}" if first else last
