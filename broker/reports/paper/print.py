"""
Print: a document's content becomes a PDF. The same content gives the same bytes.

The content goes in as data and is never read as markup. Both fonts come with packages, so nothing
is fetched and no machine's own fonts are used.
"""

import json
from datetime import datetime
from functools import cache
from pathlib import Path

import fontpkg
import pylopdf_fonts_zh_tw
import typst

FOLDER = Path(__file__).parent
# Fonts embedded, colours defined, readable without us: what an archive asks for.
STANDARD = "a-2u"


def pdf(layout: str, content: dict, *, at: datetime) -> bytes:
    """
    `content` set by `<layout>.typ`; `at` is the only time inside the file.

    :raises TypstError: the layout asks for what the content does not have
    """
    return _compiled(layout, content, format="pdf", pdf_standards=STANDARD, timestamp=_second(at))


def png(layout: str, content: dict, *, at: datetime, ppi: int = 110) -> list[bytes]:
    """The same pages as pictures."""
    pages = _compiled(layout, content, format="png", ppi=ppi, timestamp=_second(at))
    return [pages] if isinstance(pages, bytes) else pages


def _compiled(layout: str, content: dict, **how):
    data = json.dumps(content, ensure_ascii=False)
    return _compiler(layout).compile(sys_inputs={"data": data}, **how)


@cache
def _compiler(layout: str) -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(font_folder("Inter")), str(pylopdf_fonts_zh_tw.sans_path().parent)],
    )
    return typst.Compiler(str(FOLDER / f"{layout}.typ"), root=str(FOLDER), font_paths=fonts)


def font_folder(family: str) -> Path:
    return Path(fontpkg.path(family)).parent


def _second(at: datetime) -> int:
    return int(at.timestamp())
