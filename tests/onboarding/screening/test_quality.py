"""The name matching finds whom it should and few others, on a labelled set in the real formats."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from broker.management.quality.labelled import CLEAN, VARIANTS, labelled_set
from broker.management.quality.measure import measure
from onboarding.screening.screen import HIT_SCORE


@pytest.mark.rule("AML-11")
def test_recall_is_at_least_98_percent_and_false_hits_are_below_1_percent():
    found = measure(least=float(HIT_SCORE.initial))

    assert found.recall >= 0.98, found.missed
    assert found.false_rate < 0.01, found.false


def test_the_set_is_what_it_says_it_is():
    made = labelled_set()

    assert len(made.variants) == VARIANTS == 500
    assert len(made.clean) == CLEAN == 10_000
    assert {variant.how for variant in made.variants} == {
        "order",
        "initials",
        "spelling",
        "chinese",
        "alias",
    }
    listed = {name for entry in made.entries for name in (entry.made.name, *entry.aliases)}
    assert not listed & {names[0] for names in made.clean}
    assert set(made.files["ofac"]) == {"sdn.csv", "alt.csv", "add.csv", "sdn_comments.csv"}


def test_the_command_prints_what_it_measured(monkeypatch):
    made = labelled_set()
    small = type(made)(made.entries, made.files, made.variants[::10], made.clean[::100])
    monkeypatch.setattr("broker.management.quality.measure.labelled_set", lambda: small)
    out = StringIO()

    call_command("screening_quality", "--json", stdout=out)

    told = json.loads(out.getvalue())
    assert told["recall"] >= 0.98
    assert told["total_s"] < 10
