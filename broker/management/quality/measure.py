"""Recall, false hits and time of the name matching on the labelled set."""

import time
from collections import Counter
from dataclasses import dataclass

from broker.management.quality.labelled import CLEAN, VARIANTS, Variant, labelled_set
from onboarding.screening.candidates import Index
from onboarding.screening.facts import Party
from onboarding.screening.formats import ofac_csv, pep_csv, un_xml


@dataclass(frozen=True, slots=True)
class Quality:
    """`missed` are true variants without a hit on their entry; `false` clean names with any hit."""

    names_listed: int
    missed: tuple[Variant, ...]
    by_kind: dict[str, int]
    false: tuple[tuple[str, str, float], ...]
    parse_s: float
    index_s: float
    screen_s: float

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / VARIANTS

    @property
    def false_rate(self) -> float:
        return len(self.false) / CLEAN

    @property
    def total_s(self) -> float:
        return self.parse_s + self.index_s + self.screen_s


def measure(*, least: float) -> Quality:
    """Every variant and every clean name against all lists; `least` points make a hit. CPU time."""
    made = labelled_set()
    started = time.process_time()
    parsed = {
        "ofac": ofac_csv.parse(made.files["ofac"]),
        "un": un_xml.parse(made.files["un"]),
        "pep": pep_csv.parse(made.files["pep"]),
    }
    read = time.process_time()
    refs = [(code, entry.ref) for code, each in parsed.items() for entry in each.entries]
    parties = [entry.party for each in parsed.values() for entry in each.entries]
    index = Index(parties)
    indexed = time.process_time()
    missed = []
    for variant in made.variants:
        hits = {refs[p] for p, _ in index.find(Party(variant.names), least=least)}
        if (variant.entry.list_code, variant.entry.ref) not in hits:
            missed.append(variant)
    false = []
    for names in made.clean:
        hits = [(s.total, p) for p, s in index.find(Party(names), least=least)]
        if hits:
            total, position = max(hits)
            false.append((" / ".join(names), parties[position].names[0], total))
    ended = time.process_time()
    return Quality(
        names_listed=sum(len(party.names) for party in parties),
        missed=tuple(missed),
        by_kind=dict(Counter(variant.how for variant in missed)),
        false=tuple(false),
        parse_s=read - started,
        index_s=indexed - read,
        screen_s=ended - indexed,
    )
