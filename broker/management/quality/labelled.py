"""
The labelled set: lists in their real formats, 500 true variants and 10,000 names of nobody listed.

How a variant is written comes from tables of its own, which the matching does not know. Whoever is
clean has another name than everybody listed, but may share all words but one.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from xml.sax.saxutils import escape

import opencc

from broker.management.quality.people import AMONG_CLIENTS, FORMS, ON_LISTS, Made, made_up

SEED = 20260302
SDN, UN, PEP = 8_000, 1_000, 1_000
VARIANTS, CLEAN = 500, 10_000

# The same word as another office writes it. Left: as lists do here.
SPELLINGS = {
    "Mohammed": ("Muhammad", "Mohamed", "Mohamad", "Mohammad"), "Hussein": ("Husayn", "Hussain"),
    "Ahmed": ("Ahmad", "Ahmet"), "Yusuf": ("Youssef", "Yousuf", "Yosef"), "Khalid": ("Khaled",),
    "Omar": ("Umar",), "Usama": ("Osama",), "Saeed": ("Said", "Saied"), "Tariq": ("Tarek", "Tareq"),
    "Walid": ("Waleed",), "Ziad": ("Ziyad",), "Nasser": ("Nasir", "Naser"), "Faisal": ("Faysal",),
    "Majid": ("Majed",), "Qasim": ("Qassem", "Kassem"), "Rashid": ("Rasheed", "Rachid"),
    "Jamal": ("Gamal", "Djamel"), "Ibrahim": ("Ebrahim",), "Ismail": ("Esmail", "Ismael"),
    "Abdulrahman": ("Abdul Rahman", "Abd al-Rahman", "Abdurrahman"), "Mustafa": ("Mostafa",),
    "Hassan": ("Hasan",), "Habib": ("Habeeb",), "Mehdi": ("Mahdi",), "Mahmoud": ("Mahmud",),
    "Masoud": ("Massoud", "Masud"), "Dariush": ("Daryoush",), "Hosseini": ("Husseini", "Hoseini"),
    "Rezaei": ("Rezai", "Rezaee"), "Soleimani": ("Suleimani", "Soleymani"), "Ghasemi": ("Qasemi",),
    "Bagheri": ("Baqeri",), "Sadeghi": ("Sadeqi",), "Mousavi": ("Musavi",), "Nouri": ("Noori",),
    "Sergei": ("Sergey", "Serguei"), "Aleksandr": ("Alexander", "Alexandr"), "Yuri": ("Yury",),
    "Dmitri": ("Dmitry", "Dimitri"), "Andrei": ("Andrey",), "Alexei": ("Aleksey", "Alexey"),
    "Yevgeny": ("Evgeny", "Yevgeniy", "Evgeni"), "Nikolai": ("Nikolay",), "Viktor": ("Victor",),
    "Grigory": ("Grigoriy",), "Anatoly": ("Anatoliy",), "Vitaly": ("Vitaliy",),
    "Gennady": ("Gennadiy", "Gennadi"), "Maxim": ("Maksim",), "Kuznetsov": ("Kuznetzov",),
    "Timchenko": ("Tymchenko",), "Zaytsev": ("Zaitsev",), "Fedorov": ("Fyodorov",),
    "Shcherbakov": ("Scherbakov",), "Zhukov": ("Jukov",), "Yefimov": ("Efimov",),
    "Gonzalez": ("Gonzales",), "Perez": ("Peres",), "Vasquez": ("Vazquez",), "Diaz": ("Dias",),
    "Jimenez": ("Gimenez",), "Maria": ("María",), "Garcia": ("García",), "Jose": ("José",),
    "Ri": ("Lee", "Li"), "Pak": ("Park",), "Choe": ("Choi",), "Jong": ("Jung", "Jeong"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody on a list: by which key, what name stands first, and what others beside it."""

    list_code: str
    ref: str
    made: Made
    aliases: tuple[str, ...]

    @property
    def first_name_listed(self) -> str:
        given = " ".join(self.made.given)
        return f"{self.made.family.upper()}, {given}" if given else self.made.family.upper()


@dataclass(frozen=True, slots=True)
class Variant:
    """A client who is `entry`, and by what he differs from how the list has him."""

    how: str
    names: tuple[str, ...]
    entry: Entry


@dataclass(frozen=True, slots=True)
class LabelledSet:
    entries: tuple[Entry, ...]
    files: dict[str, dict[str, bytes]]
    variants: tuple[Variant, ...]
    clean: tuple[tuple[str, ...], ...]


@cache
def labelled_set() -> LabelledSet:
    """The set, always the same."""
    random = Random(SEED)  # noqa: S311 - it shall come out the same
    taken: set[tuple[str, ...]] = set()
    entries = []
    for code, count in (("ofac", SDN), ("un", UN), ("pep", PEP)):
        for number in range(1, count + 1):
            made = _another(random, ON_LISTS, taken)
            aliases = tuple(_alias(random, taken) for _ in range(random.choice((0, 1, 1, 2))))
            ref = {"ofac": f"{number + 1000}", "un": f"QDi.{number:03}"}.get(code, f"P{number:05}")
            entries.append(Entry(code, ref, made, aliases))
    variants = tuple(_variants(random, entries))
    clean = []
    while len(clean) < CLEAN:
        made = _another(random, random.choice((ON_LISTS, AMONG_CLIENTS)), taken)
        clean.append((made.name, made.chinese) if made.chinese else (made.name,))
    return LabelledSet(tuple(entries), _written(random, entries), variants, tuple(clean))


def _words(made: Made) -> tuple[str, ...]:
    """The words of the name, but for articles and legal forms: without them it is the same name."""
    said = {word for form in FORMS for word in form.casefold().split()} | {"al"}
    return tuple(sorted(set(made.name.casefold().replace("-", " ").split()) - said))


def _another(random: Random, shares: dict[str, int], taken: set) -> Made:
    while True:
        made = made_up(random, shares)
        if _words(made) not in taken:
            taken.add(_words(made))
            return made


def _alias(random: Random, taken: set) -> str:
    return _another(random, ON_LISTS, taken).name


# --- How a true variant is written --------------------------------------------------------------


def _order(random: Random, entry: Entry) -> tuple[str, ...]:
    parts = [*entry.made.given, entry.made.family]
    if entry.made.culture == "firm":
        return (f"{entry.made.family} {random.choice(('Ltd', 'Limited', ''))}".strip(),)
    shape = random.randrange(4)
    if shape == 0:
        return (" ".join(parts),)
    if shape == 1:
        return (f"{entry.made.family} {'-'.join(entry.made.given).title()}",)
    if shape == 2:
        return (f"{entry.made.family.upper()}, {' '.join(entry.made.given)}",)
    random.shuffle(parts)
    return (" ".join(parts).upper(),)


def _initials(random: Random, entry: Entry) -> tuple[str, ...]:
    given = list(entry.made.given)
    place = random.randrange(1, len(given))
    given[place] = f"{given[place][0]}."
    return (" ".join((*given, entry.made.family)),)


def _spelling(random: Random, entry: Entry) -> tuple[str, ...]:
    parts = [*entry.made.given, entry.made.family]
    known = [i for i, part in enumerate(parts) if part.removeprefix("Al-") in SPELLINGS]
    if known and random.random() < 0.75:
        for i in random.sample(known, min(len(known), 2)):
            article, bare = parts[i][:3] * parts[i].startswith("Al-"), parts[i].removeprefix("Al-")
            parts[i] = article + random.choice(SPELLINGS[bare])
    else:
        long = [i for i, part in enumerate(parts) if len(part) >= 5]
        i = random.choice(long)
        parts[i] = _typo(random, parts[i])
    if random.random() < 0.3:
        parts = [part.replace("Al-", random.choice(("El ", "Al", "al "))) for part in parts]
    return (" ".join(parts),)


def _typo(random: Random, word: str) -> str:
    place = random.randrange(1, len(word) - 1)
    kind = random.randrange(3)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place] + word[place:]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _chinese(random: Random, entry: Entry) -> tuple[str, ...]:
    if random.random() < 0.6:
        return (opencc.OpenCC("t2s").convert(entry.made.chinese),)
    given = random.choice(("".join, "-".join))(entry.made.given).title()
    return (f"{entry.made.family} {given}",)


def _as_alias(random: Random, entry: Entry) -> tuple[str, ...]:
    alias = random.choice(entry.aliases)
    return (alias.upper() if random.random() < 0.5 else alias,)


def _variants(random: Random, entries: list[Entry]):
    kinds: tuple[tuple[str, Callable, Callable[[Entry], bool]], ...] = (
        ("order", _order, lambda entry: True),
        ("initials", _initials, lambda e: len(e.made.given) > 1 and e.made.culture != "korean"),
        ("spelling", _spelling, _has_a_long_word),
        ("chinese", _chinese, lambda entry: bool(entry.made.chinese)),
        ("alias", _as_alias, lambda entry: bool(entry.aliases)),
    )
    for how, write, fits in kinds:
        fitting = [entry for entry in entries if fits(entry)]
        for entry in random.sample(fitting, VARIANTS // len(kinds)):
            yield Variant(how, write(random, entry), entry)


def _has_a_long_word(entry: Entry) -> bool:
    return entry.made.culture != "firm" and any(
        len(part) >= 5 for part in (*entry.made.given, entry.made.family)
    )


# --- The lists as they are published ------------------------------------------------------------


def _written(random: Random, entries: list[Entry]) -> dict[str, dict[str, bytes]]:
    of = {code: [e for e in entries if e.list_code == code] for code in ("ofac", "un", "pep")}
    return {
        "ofac": _sdn(random, of["ofac"]),
        "un": {"consolidated.xml": _consolidated(random, of["un"])},
        "pep": {"pep.csv": _pep(of["pep"])},
    }


def _sdn(random: Random, entries: list[Entry]) -> dict[str, bytes]:
    sdn, alt, add, comments = [], [], [], []
    number = 0
    for entry in entries:
        kind = "-0- " if entry.made.culture == "firm" else "individual"
        born = random.randint(1945, 1990)
        remarks = "-0- " if entry.made.culture == "firm" else f"DOB {born}; Gender Male."
        name = entry.first_name_listed
        sdn.append([entry.ref, name, kind, "SDGT", *["-0- "] * 7, remarks])
        others = (*entry.aliases, entry.made.chinese) if entry.made.chinese else entry.aliases
        for other in others:
            number += 1
            alt.append([entry.ref, number, "aka", other, "-0- "])
        add.append([entry.ref, entry.ref, "-0- ", "-0- ", "-0- ", "-0- "])
    comments.append([entries[0].ref, " Linked To: NOBODY."])
    return {
        "sdn.csv": _csv(sdn),
        "alt.csv": _csv(alt),
        "add.csv": _csv(add),
        "sdn_comments.csv": _csv(comments),
    }


def _csv(rows: list[list]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerows(
        [[int(cell) if str(cell).isdigit() else cell for cell in row] for row in rows]
    )
    return out.getvalue().encode() + b"\x1a"


def _consolidated(random: Random, entries: list[Entry]) -> bytes:
    people = "".join(_un(random, e) for e in entries if e.made.culture != "firm")
    firms = "".join(_un(random, e) for e in entries if e.made.culture == "firm")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<CONSOLIDATED_LIST dateGenerated="2026-03-02T00:00:00.000-05:00">'
        f"<INDIVIDUALS>{people}</INDIVIDUALS><ENTITIES>{firms}</ENTITIES></CONSOLIDATED_LIST>"
    ).encode()


def _un(random: Random, entry: Entry) -> str:
    firm = entry.made.culture == "firm"
    kind = "ENTITY" if firm else "INDIVIDUAL"
    parts = (entry.made.family,) if firm else (*entry.made.given, entry.made.family)
    named = zip(("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"), parts, strict=False)
    names = "".join(f"<{tag}>{escape(part)}</{tag}>" for tag, part in named)
    aliases = "".join(
        f"<{kind}_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>{escape(alias)}</ALIAS_NAME></{kind}_ALIAS>"
        for alias in entry.aliases
    )
    original = f"<NAME_ORIGINAL_SCRIPT>{entry.made.chinese}</NAME_ORIGINAL_SCRIPT>"
    born = f"<YEAR>{random.randint(1945, 1990)}</YEAR>"
    birth = "" if firm else f"<{kind}_DATE_OF_BIRTH>{born}</{kind}_DATE_OF_BIRTH>"
    return (
        f"<{kind}><DATAID>{entry.ref[4:]}</DATAID>{names}<UN_LIST_TYPE>Al-Qaida</UN_LIST_TYPE>"
        f"<REFERENCE_NUMBER>{entry.ref}.</REFERENCE_NUMBER>{aliases}"
        f"{original if entry.made.chinese else ''}{birth}</{kind}>"
    )


def _pep(entries: list[Entry]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["ref", "name", "name_chinese", "aliases", "birth", "nationality", "position"])
    for e in entries:
        writer.writerow(
            [e.ref, e.made.name, e.made.chinese, ";".join(e.aliases), "", "", "Minister"]
        )
    return out.getvalue().encode()
