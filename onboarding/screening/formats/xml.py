"""XML from outside: no entities, no document types, elements by their local name."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from onboarding.screening.facts import Unreadable


def root_of(content: bytes, *, called: str) -> Element:
    """
    The root, which must be called `called`.

    :raises Unreadable: no XML, one that declares entities, or another document
    """
    try:
        root = ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable(f"It is no XML: {error}.") from None
    except DefusedXmlException:
        raise Unreadable("It declares entities or a document type, which no list does.") from None
    if local(root) != called:
        raise Unreadable(f"It is a {local(root)[:40]} and no {called}.")
    return root


def local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def every(element: Element, *path: str) -> Iterator[Element]:
    """The elements at `path` below `element`, whatever their namespace."""
    if not path:
        yield element
        return
    for child in element:
        if local(child) == path[0]:
            yield from every(child, *path[1:])


def texts(element: Element, *path: str) -> list[str]:
    """What the elements at `path` say, white space folded; the empty ones are left out."""
    said = (" ".join((each.text or "").split()) for each in every(element, *path))
    return [words for words in said if words]


def text(element: Element, *path: str) -> str:
    """What the first of them says, or nothing."""
    return next(iter(texts(element, *path)), "")
