"""The questions of the VA knowledge test, in two languages and never edited: a bank is new."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.hands import KNOWLEDGE_BANK, Area
from onboarding.payloads import text

BANK = Path(__file__).with_name("questions.toml")
LANGUAGES = (("en", "English"), ("zh", "繁體中文"))


@dataclass(frozen=True, slots=True)
class Wording:
    """A question in one language; `choices` are numbered from nought."""

    text: str
    choices: list[str]
    why: str


class Question(models.Model):
    """One version of a question. `right` is the place of the right choice, from nought."""

    code = models.CharField(max_length=40)
    bank = models.CharField(max_length=20)
    topic = models.CharField(max_length=40)
    wording = models.JSONField()
    right = models.PositiveSmallIntegerField()
    effective_at = models.DateTimeField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "bank"], name="question_once_in_a_bank"),
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="question_maker_is_not_checker"
            ),
        ]

    def __str__(self):
        return f"{self.code} ({self.bank})"

    def worded(self, language: str) -> Wording:
        """In that language; in English where it is not one of ours."""
        return Wording(**self.wording[language if language in self.wording else "en"])


def in_force(*, now: datetime) -> list[Question]:
    """The questions of the newest bank in force at `now`, by code; none where there is no bank."""
    newest = Question.objects.filter(effective_at__lte=now).order_by("-effective_at", "-pk").first()
    if newest is None:
        return []
    return list(Question.objects.filter(bank=newest.bank).order_by("code"))


def found_questions(
    *, maker, checker, now: datetime, proposal: Proposal | None = None
) -> list[Question]:
    """The house's own bank, put in force where it is not stored yet; asking twice adds nothing."""
    bank = _written()
    stored = list(Question.objects.filter(bank=bank["bank"]).order_by("code"))
    if stored:
        return stored
    return Question.objects.bulk_create(
        Question(
            code=each["code"],
            bank=bank["bank"],
            topic=each["topic"],
            wording={
                language: {
                    "text": each[language],
                    "choices": each[f"choices_{language}"],
                    "why": each[f"why_{language}"],
                }
                for language, _ in LANGUAGES
            },
            right=each["right"] - 1,
            effective_at=now,
            maker=maker,
            checker=checker,
            proposal=proposal,
        )
        for each in sorted(bank["question"], key=lambda each: each["code"])
    )


@cache
def _written() -> dict:
    return tomllib.loads(BANK.read_text(encoding="utf-8"))


def _loading(payload: dict) -> Difference:
    name, bank = text(payload, "bank", "The bank of questions"), _written()
    if name != bank["bank"]:
        raise Invalid(f"There is no bank of questions {name[:20]}.")
    if Question.objects.filter(bank=name).exists():
        raise Invalid(f"The bank {name} is loaded already.")
    newest = Question.objects.order_by("-effective_at", "-pk").first()
    before = newest.bank if newest else "none"
    return [
        ("Bank of questions", before, name),
        ("Questions", "", str(len(bank["question"]))),
        ("Topics", "", ", ".join(sorted({each["topic"] for each in bank["question"]}))),
    ]


def _load(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    _loading(payload)
    made = found_questions(
        maker=proposal.maker, checker=proposal.checker, now=now, proposal=proposal
    )
    return {"questions": str(len(made))}


register(
    Command(
        name="knowledge_bank",
        title="Questions of the VA knowledge test",
        proposes=KNOWLEDGE_BANK.proposes,
        approves=lambda payload: KNOWLEDGE_BANK.approves,
        apply=_load,
        differs=_loading,
        area=Area.HOUSE,
    )
)
