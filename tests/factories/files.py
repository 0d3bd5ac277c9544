"""Files as people send them, and as people who mean harm send them. Each is made, none is kept."""

import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from onboarding.documents.document import Document, Kind
from onboarding.documents.take_in import take_in

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def upload(content: bytes, name: str = "passport.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def pdf(words: str = "", *, root: dict | None = None, password: str = "", inside: bytes = b""):
    """A page; `words` makes it another file than the next one."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    writer.add_metadata({"/Title": words})
    for name, value in (root or {}).items():
        writer.root_object[NameObject(name)] = value
    if inside:
        writer.add_attachment("inside.exe", inside)
    if password:
        writer.encrypt(password)
    return _written(writer.write)


def acting(kind: str, **fields) -> DictionaryObject:
    """What a PDF does when it is opened: `/JavaScript`, `/Launch`, `/URI`."""
    action = {NameObject("/S"): NameObject(kind)}
    action |= {NameObject(f"/{key}"): TextStringObject(value) for key, value in fields.items()}
    return DictionaryObject(action)


def picture(size: tuple[int, int] = (8, 8), kind: str = "PNG") -> bytes:
    return _written(lambda out: Image.new("1" if kind == "PNG" else "L", size).save(out, kind))


def office(main: str = WORD, parts: dict[str, bytes] | None = None) -> bytes:
    """The least that a Word or Excel file may be, and `parts` besides."""
    place = "word/document.xml" if main == WORD else "xl/workbook.xml"
    types = f'<Types><Override PartName="/{place}" ContentType="{main}"/></Types>'
    return archive({"[Content_Types].xml": types.encode(), place: b"<a/>"} | (parts or {}))


def archive(parts: dict[str, bytes]) -> bytes:
    def write(out):
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in parts.items():
                packed.writestr(name, content)

    return _written(write)


def document(by, *, now, words: str = "", kind: str = Kind.IDENTITY, **fields) -> Document:
    """A PDF that `by` gave."""
    return take_in(upload(pdf(words)), kind=kind, by=by, now=now, **fields)


def _written(write) -> bytes:
    out = io.BytesIO()
    write(out)
    return out.getvalue()
