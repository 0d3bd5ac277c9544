"""The consolidated list of the UN Security Council, in XML."""

from collections.abc import Mapping
from datetime import date
from xml.etree.ElementTree import Element

from onboarding.screening.facts import Birth, Listed, Parsed, Party, Unreadable
from onboarding.screening.formats.dates import birth
from onboarding.screening.formats.xml import every, root_of, text, texts

FILES = ("consolidated.xml",)
_NAMES = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")


def parse(files: Mapping[str, bytes]) -> Parsed:
    """
    Individuals and entities, each under its reference number.

    :raises Unreadable: it is not this list, or an entry has no reference or no name
    """
    [content] = files.values()
    root = root_of(content, called="CONSOLIDATED_LIST")
    people = [_entry(each, "INDIVIDUAL") for each in every(root, "INDIVIDUALS", "INDIVIDUAL")]
    others = [_entry(each, "ENTITY") for each in every(root, "ENTITIES", "ENTITY")]
    entries = (*people, *others)
    if not entries:
        raise Unreadable("It has no entries.")
    if len({entry.ref for entry in entries}) < len(entries):
        raise Unreadable("It has one reference number twice.")
    return Parsed(entries, _dated(root.get("dateGenerated", "")))


def _dated(words: str) -> date | None:
    try:
        return date.fromisoformat(words[:10]) if words else None
    except ValueError:
        raise Unreadable(f"Its date is none: {words[:20]}.") from None


def _entry(element: Element, kind: str) -> Listed:
    ref = text(element, "REFERENCE_NUMBER").rstrip(".")
    name = " ".join(words for part in _NAMES for words in texts(element, part))
    if not ref or not name:
        raise Unreadable(f"An entry ({ref or 'without a reference'}) has no reference or no name.")
    aliases = texts(element, f"{kind}_ALIAS", "ALIAS_NAME")
    original = texts(element, "NAME_ORIGINAL_SCRIPT")
    party = Party(
        names=tuple(dict.fromkeys([name, *original, *aliases])),
        is_person=kind == "INDIVIDUAL",
        births=tuple(b for each in every(element, f"{kind}_DATE_OF_BIRTH") if (b := _birth(each))),
        nationalities=tuple(texts(element, "NATIONALITY", "VALUE")),
        identities=tuple(texts(element, f"{kind}_DOCUMENT", "NUMBER")),
    )
    return Listed(ref, party, text(element, "UN_LIST_TYPE"), text(element, "COMMENTS1"))


def _birth(element: Element) -> Birth | None:
    first, last = text(element, "FROM_YEAR"), text(element, "TO_YEAR")
    if first and last:
        return birth(f"{first} to {last}")
    about = text(element, "TYPE_OF_DATE").upper() == "APPROXIMATELY"
    said = text(element, "DATE") or text(element, "YEAR")
    if about and said:
        return birth(f"circa {said[:4]}")
    return birth(said)
