"""A PDF: whole, without a password, and with nothing in it that acts or hides other files."""

import logging
import re
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NullObject

from onboarding.documents.unfit import UNREADABLE, Unfit

MOST_PAGES = 3_000
MOST_OBJECTS = 300_000

PASSWORD = "This PDF is protected by a password. Please save it without one."
ACTS = "This PDF holds a script or starts a program. Please print it to PDF and give that."
INSIDE = "This PDF holds other files inside it. Please give each of them by itself."

_ACTING_KEYS = {"/JS", "/JavaScript", "/XFA", "/RichMediaContent"}
_ACTING_VALUES = {
    "/JavaScript",
    "/Launch",
    "/ImportData",
    "/SubmitForm",
    "/Rendition",
    "/RichMedia",
}
_HOLDING_KEYS = {"/EmbeddedFiles", "/EF"}
_HOLDING_VALUES = {"/EmbeddedFile", "/FileAttachment"}
# Also where no table leads to it: other readers search a damaged file for what is in it. The
# letters of a name may be written as numbers (#4a is J).
_ACTING_BYTES = re.compile(rb"/(JavaScript|Launch)\b")
_NUMBERED = re.compile(rb"#([0-9a-fA-F]{2})")


def check_pdf(path: Path) -> None:
    """
    :raises Unfit: protected, acting, holding files, endless or unreadable
    """
    # Of every flaw that it forgives the reader would write a line.
    logging.getLogger("pypdf").disabled = True
    content = path.read_bytes()
    try:
        reader = PdfReader(path)
        if reader.is_encrypted:
            raise Unfit(PASSWORD)
        _walk(reader)
        pages = len(reader.pages)
    except (
        PyPdfError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        raise Unfit(UNREADABLE) from error
    if not 0 < pages <= MOST_PAGES:
        raise Unfit(UNREADABLE)
    named = _NUMBERED.sub(lambda number: bytes([int(number[1], 16)]), content)
    if _ACTING_BYTES.search(named):
        raise Unfit(ACTS)


def _walk(reader: PdfReader) -> None:
    """Every object of the file, whether or not a page leads to it."""
    numbers = {(number, 0) for number in reader.xref_objStm}
    for generation, entries in reader.xref.items():
        numbers |= {(number, generation) for number in entries}
    if len(numbers) > MOST_OBJECTS:
        raise Unfit(UNREADABLE)
    waiting = [IndirectObject(number, generation, reader) for number, generation in sorted(numbers)]
    waiting.append(reader.trailer)
    seen = 0
    while waiting:
        thing = waiting.pop()
        seen += 1
        if seen > 20 * MOST_OBJECTS:
            raise Unfit(UNREADABLE)
        if isinstance(thing, IndirectObject):
            thing = thing.get_object() or NullObject()
        if isinstance(thing, DictionaryObject):
            _judge(thing)
            within = list(dict.values(thing))
        elif isinstance(thing, ArrayObject):
            within = list(list.__iter__(thing))
        else:
            continue
        # What is referred to has its own turn in the table.
        waiting += [each for each in within if isinstance(each, DictionaryObject | ArrayObject)]


def _judge(thing: DictionaryObject) -> None:
    keys = set(thing)
    values = {
        str(value.get_object() if isinstance(value, IndirectObject) else value)
        for key, value in dict.items(thing)
        if key in ("/S", "/Type", "/Subtype")
    }
    if keys & _ACTING_KEYS or values & _ACTING_VALUES:
        raise Unfit(ACTS)
    if keys & _HOLDING_KEYS or values & _HOLDING_VALUES:
        raise Unfit(INSIDE)
