"""A Word or Excel file: a small archive of parts, without programs and without files inside it."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from onboarding.documents.unfit import DOCX, TAKEN, UNREADABLE, XLSX, Unfit

MOST_PARTS = 2_000
MOST_UNPACKED = 200 * 1024 * 1024
# Text shrinks twenty-fold, an idle sheet a hundredfold; a bomb a thousandfold.
MOST_SHRUNK, SHRUNK_FROM = 150, 5 * 1024 * 1024
A_PIECE = 1 << 16

BOMB = "This file unpacks to far more than its size. We cannot take it."
PROGRAM = "This file holds a program (a macro or control). Please save it without, or as PDF."
INSIDE = "This file holds other files inside it. Please give each of them by itself."

_MAIN = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": DOCX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": XLSX,
}
_TYPES = "[Content_Types].xml"
_PROGRAMS = re.compile(r"vbaproject|vbadata|activex|macrosheets|\.(exe|dll|js|vbs|bat|scr)$", re.I)
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
_OUTSIDE = re.compile(
    rb"relationships/(attachedTemplate|oleObject|frame|subDocument|externalLinkPath)\b", re.I
)


def check_office(path: Path) -> str:
    """
    The content type, Word or Excel.

    :raises Unfit: another archive; a bomb; with macros, controls, embedded files or far templates
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _measure(archive)
            kind = _kind(archive)
            for part in archive.infolist():
                _check_part(archive, part)
            return kind
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise Unfit(UNREADABLE) from error
    except RuntimeError as error:
        # How zipfile says that a part is encrypted.
        raise Unfit(UNREADABLE) from error


def _measure(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    shrunk = unpacked > SHRUNK_FROM and unpacked > MOST_SHRUNK * max(packed, 1)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or shrunk:
        raise Unfit(BOMB)


def _kind(archive: zipfile.ZipFile) -> str:
    if _TYPES not in archive.namelist():
        raise Unfit(f"This is an archive of files. {TAKEN} Please give each file by itself.")
    content = archive.read(_TYPES)
    _plain_xml(content)
    try:
        declared = {
            element.get("ContentType", "") for element in ElementTree.fromstring(content).iter()
        }
    except ElementTree.ParseError as error:
        raise Unfit(UNREADABLE) from error
    if any("macroEnabled" in each or "vbaProject" in each for each in declared):
        raise Unfit(PROGRAM)
    kinds = {_MAIN[each] for each in declared if each in _MAIN}
    if len(kinds) != 1:
        raise Unfit(f"This file is neither a Word nor an Excel file. {TAKEN}")
    return kinds.pop()


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    name = part.filename
    if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or "\0" in name:
        raise Unfit(UNREADABLE)
    if _PROGRAMS.search(name):
        raise Unfit(PROGRAM)
    if "/embeddings/" in f"/{name}".lower():
        raise Unfit(INSIDE)
    is_text = name.lower().endswith((".xml", ".rels", ".vml"))
    kept, seen = bytearray(), 0
    with archive.open(part) as content:
        while piece := content.read(A_PIECE):
            if not seen and piece.startswith(_ARCHIVES):
                raise Unfit(INSIDE)
            seen += len(piece)
            if seen > part.file_size:
                raise Unfit(BOMB)
            # The declaration of a document type stands before its first element.
            if is_text and len(kept) < A_PIECE:
                kept += piece
            if name.lower().endswith(".rels") and _OUTSIDE.search(piece):
                raise Unfit(INSIDE)
    if is_text:
        _plain_xml(bytes(kept))


def _plain_xml(content: bytes) -> None:
    """No document type: with it text multiplies itself, or reads the reader's files."""
    text = content.replace(b"\0", b"").upper()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise Unfit(UNREADABLE)
