"""A text is changed by two people, who see where it changes."""

import pytest

from onboarding.approvals import Invalid, Stale, approve, propose
from onboarding.disclosures.text import Disclosure, in_force
from onboarding.users import Role
from tests.factories import LONG_AGO, NOON, staff
from tests.factories.terms import terms_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def words():
    text = next(each for each in terms_in_force() if each.code == "va_rules")
    return {
        "code": "va_rules",
        "title_en": text.title_en,
        "title_zh": text.title_zh,
        "body_en": text.body_en,
        "body_zh": text.body_zh,
    }


def ask(payload):
    return propose("disclosure_version", payload, by=staff(Role.COMPLIANCE), reason="x", now=NOON)


def test_the_difference_shows_the_paragraphs_that_change_and_no_others(words):
    old = words["body_en"].split("\n\n")
    new = [*old[:2], "Only bitcoin.", *old[3:]]
    proposal = ask(words | {"body_en": "\r\n\r\n".join(new), "title_zh": "規則"})
    assert proposal.difference == [
        ["How virtual-asset financing is regulated: version", "1", "2"],
        ["In force from", "", "when approved"],
        ["English, from paragraph 3", old[2], "Only bitcoin."],
        ["Title, 繁體中文", words["title_zh"], "規則"],
    ]
    approve(proposal, by=staff(Role.RESPONSIBLE_OFFICER), reason="x", now=NOON)
    made = next(each for each in in_force(now=NOON) if each.code == "va_rules")
    assert (made.version, made.body_en.split("\n\n")[2]) == (2, "Only bitcoin.")
    assert (made.proposal, made.effective_at) == (proposal, NOON)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "the words of the last version"),
        ({"code": "x"}, "no text x"),
        ({"title_en": ""}, "title in English is missing"),
        ({"title_zh": "題" * 121}, "longer than 120"),
        ({"body_zh": " "}, "text in 繁體中文 is missing"),
        ({"body_en": ["x"]}, "is not text"),
        ({"body_en": "a\0b"}, "is not text"),
        ({"body_en": "x" * 60_001}, "longer than 60,000"),
        ({"effective_at": "2026-03-01T00:00"}, "has passed"),
    ],
)
def test_what_cannot_be_is_said(words, changes, said):
    with pytest.raises(Invalid, match=said):
        ask(words | changes)


def test_of_two_proposals_at_once_the_second_is_stale(words):
    first, second = (ask(words | {"body_en": text}) for text in ("one", "two"))
    officer = staff(Role.RESPONSIBLE_OFFICER)
    approve(first, by=officer, reason="x", now=NOON)
    with pytest.raises((Stale, Invalid)):
        approve(second, by=officer, reason="x", now=NOON)


def test_none_begins_before_the_last_one(words):
    proposal = ask(words | {"body_en": "one", "effective_at": "2026-05-01T00:00"})
    approve(proposal, by=staff(Role.RESPONSIBLE_OFFICER), reason="x", now=NOON)
    with pytest.raises(Invalid, match="Version 2 begins on"):
        ask(words | {"body_en": "two", "effective_at": "2026-04-01T00:00"})
    assert Disclosure.objects.filter(code="va_rules").count() == 2
    assert {each.version for each in in_force(now=NOON)} == {1}
    assert in_force(now=LONG_AGO)
