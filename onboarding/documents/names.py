"""The name of a file as somebody gave it, made fit to be shown. It never leads anywhere."""

import re
import unicodedata

LONGEST = 120
NAMELESS = "document"


def cleaned(name: str | None) -> str:
    """
    The last part of a path, in visible letters, at most 120 of them, its ending kept.

    Control letters, NUL and those that turn the direction of writing are left out.
    """
    last = re.split(r"[/\\]", name or "")[-1]
    visible = "".join(
        letter if unicodedata.category(letter) != "Zs" else " "
        for letter in unicodedata.normalize("NFC", last)
        if unicodedata.category(letter)[0] != "C" and letter not in "\u2028\u2029"
    )
    plain = " ".join(visible.split()).lstrip(". ") or NAMELESS
    if len(plain) <= LONGEST:
        return plain
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 8:
        return plain[: LONGEST - 1] + "…"
    return f"{stem[: LONGEST - len(ending) - 2]}….{ending}"
