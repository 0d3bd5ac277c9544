"""
Print: a document's content becomes a PDF. The same content gives the same bytes.

The content goes in as data and is never read as markup. Both fonts come with packages, so nothing
is fetched and no machine's own fonts are used.
"""

import json
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import fontpkg_inter
import pylopdf_fonts_zh_tw
import typst

FOLDER = Path(__file__).parent
FONTS = (
    Path(fontpkg_inter.__file__).parent / "files",
    Path(pylopdf_fonts_zh_tw.__file__).parent,
)
# Fonts embedded, colours defined, readable without us: what an archive asks for.
STANDARD = "a-2u"
# How many are set at once, where there are so many processors.
PRESSES = 2

_of_this_thread = threading.local()


def pdf(layout: str, content: dict, *, at: datetime) -> bytes:
    """
    `content` set by `<layout>.typ`; `at` is the only time inside the file.

    :raises TypstError: the layout asks for what the content does not have
    """
    return _compiled(layout, content, format="pdf", pdf_standards=STANDARD, timestamp=_second(at))


def pdfs(layout: str, contents: Iterable[dict], *, at: datetime) -> list[bytes]:
    """The same of many, in their order, two at a time."""
    with ThreadPoolExecutor(PRESSES) as presses:
        return list(presses.map(lambda content: pdf(layout, content, at=at), contents))


def png(layout: str, content: dict, *, at: datetime, ppi: int = 110) -> list[bytes]:
    """The same pages as pictures."""
    pages = _compiled(layout, content, format="png", ppi=ppi, timestamp=_second(at))
    return [pages] if isinstance(pages, bytes) else pages


def _compiled(layout: str, content: dict, **how):
    data = json.dumps(content, ensure_ascii=False)
    return _compiler(layout).compile(sys_inputs={"data": data}, **how)


def _compiler(layout: str) -> typst.Compiler:
    """One for each thread: it cannot be used by two at once, and works without the others."""
    made = _of_this_thread.__dict__
    if layout not in made:
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(folder) for folder in FONTS],
        )
        source = str(FOLDER / f"{layout}.typ")
        made[layout] = typst.Compiler(source, root=str(FOLDER), font_paths=fonts)
    return made[layout]


def _second(at: datetime) -> int:
    return int(at.timestamp())
