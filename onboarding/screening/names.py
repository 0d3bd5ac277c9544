"""
A name as it is compared: without accents, cases, signs and titles, in tokens. Pure.

Latin and Chinese names are two different things and never turned into one another: 陳大文 says
nothing of Chan Tai Man, so both are collected and both are screened. Of Chinese names the
traditional form is turned into the simplified one, character by character.
"""

import re
import unicodedata
from functools import cache, lru_cache

import opencc

MOST_LETTERS = 300  # Of a name; what is longer is cut, since nobody is called so.

# Letters that fall into no base letter and accent.
_LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th",
        "ı": "i", "ŋ": "n", "ħ": "h", "ʻ": "", "ʼ": "", "ʿ": "", "ʾ": "", "'": "", "’": "",
        "‘": "", "`": "", "´": "",
    }
)  # fmt: skip
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "sir"})
# Legal forms, short and in full.
_FORMS = {"ltd": "limited", "co": "company", "corp": "corporation", "inc": "incorporated"}
# Words that many names share and few are told apart by.
PARTICLES = frozenset(
    {
        "al", "el", "ul", "bin", "ibn", "bint", "ben", "abu", "abd", "de", "la", "del", "da", "dos",
        "van", "von", "der", "den", "of", "the", "and", "company", "limited", "llc",
        "incorporated", "corporation", "plc", "gmbh", "ag", "sa", "srl", "jsc", "ooo", "oao",
        "pjsc", "fze", "fzco", "pte", "pty", "hk", "group", "holding", "holdings", "trading",
        "general", "international",
    }
)  # fmt: skip
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")


@cache
def _simplified() -> dict[int, str]:
    """Each traditional character that has a simplified form, and that form."""
    converter = opencc.OpenCC("t2s")
    table = {}
    for first in range(0x4E00, 0xA000, 256):
        written = "".join(map(chr, range(first, min(first + 256, 0xA000))))
        for traditional, simplified in zip(written, written, strict=True):
            simplified = converter.convert(traditional)
            if len(simplified) == 1 and simplified != traditional:
                table[ord(traditional)] = simplified
    return table


def is_chinese(name: str) -> bool:
    return bool(_HAN.search(name))


def chinese(name: str) -> str:
    """The Chinese characters of `name`, simplified, and nothing else."""
    folded = unicodedata.normalize("NFKC", name[:MOST_LETTERS])
    return "".join(_HAN.findall(folded)).translate(_simplified())


@lru_cache(maxsize=200_000)
def tokens(name: str) -> tuple[str, ...]:
    """
    The words of a name in any alphabet but the Chinese, as written from left to right.

    A hyphen parts two words; an apostrophe parts nothing.
    """
    folded = unicodedata.normalize("NFKC", name[:MOST_LETTERS]).casefold().translate(_LETTERS)
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFD", folded)
        if not unicodedata.combining(letter)
    )
    words = re.findall(r"[^\W_]+", _HAN.sub(" ", bare))
    kept = tuple(_FORMS.get(word, word) for word in words if word not in _TITLES)
    return kept or tuple(words)


def is_particle(token: str) -> bool:
    return token in PARTICLES


# What one sound is written as, in the order applied.
_SOUNDS = (
    ("tsch", "C"), ("tch", "C"), ("shch", "S"), ("sch", "S"), ("ch", "C"), ("sh", "S"),
    ("dzh", "J"), ("zh", "J"), ("dj", "J"), ("j", "J"), ("tz", "s"), ("ts", "s"), ("ph", "f"),
    ("th", "t"), ("kh", "k"), ("gh", "k"), ("dh", "d"), ("ck", "k"), ("q", "k"), ("c", "k"),
    ("x", "ks"), ("w", "v"), ("z", "s"),
)  # fmt: skip
_VOWELS = re.compile(r"[aeiouy]")
_LONG_VOWELS = (("ee", "i"), ("oo", "u"), ("ong", "ung"))
_SHORT_VOWELS = (*_LONG_VOWELS, ("ou", "u"), ("ie", "i"), ("y", "i"), ("e", "i"), ("o", "u"))
_ONE_SYLLABLE = re.compile(r"[^aeiouy]{0,3}y?[aeiou]{1,3}[^aeiouy]{0,2}|ng|m")


@lru_cache(maxsize=200_000)
def is_one_syllable(token: str) -> bool:
    """As Chinese and Korean names are: then each letter counts, and Qing is not Qiang."""
    return len(token) <= 6 and bool(_ONE_SYLLABLE.fullmatch(token))


@lru_cache(maxsize=200_000)
def skeleton(token: str) -> str:
    """What stays of a word however its vowels are written down: Muhammad and Mohamed are mhmd."""
    sound = _sound(token)
    first = "a" if _VOWELS.match(sound) else ""
    return first + _VOWELS.sub("", sound)


@lru_cache(maxsize=200_000)
def sound(token: str) -> str:
    """A word with one letter for a sound, long and short vowels alike: Omar and Umar are umar."""
    said = token
    for written, one in _LONG_VOWELS if is_one_syllable(token) else _SHORT_VOWELS:
        said = said.replace(written, one)
    return _sound(said)


def _sound(token: str) -> str:
    for written, one in _SOUNDS:
        token = token.replace(written, one)
    return re.sub(r"(.)\1+", r"\1", token)


def identity(number: str) -> str:
    """The letters and digits of an identity number: A123456(7) is A1234567."""
    return re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", number[:60]).upper())
