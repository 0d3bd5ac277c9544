"""The disclosure: a text that clients agree to, in versions, each in English and in Chinese."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.approvals import Proposal


class Code(models.TextChoices):
    """In the order in which they are read."""

    MARGIN_TERMS = "margin_terms", "Margin terms"
    VA_TERMS = "va_terms", "Terms of virtual-asset financing"
    MARGIN_RISK = "margin_risk", "Risk disclosure: margin"
    VA_RISK = "va_risk", "Risk disclosure: virtual assets"
    VA_RULES = "va_rules", "How virtual-asset financing is regulated"


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    CHINESE = "zh", "繁體中文"


class Purpose(models.TextChoices):
    """What the client borrows for."""

    SECURITIES = "securities", "Securities"
    VIRTUAL_ASSETS = "virtual_assets", "Virtual assets"


_ORDER = list(Code)
_FOR_VIRTUAL_ASSETS = frozenset({Code.VA_TERMS, Code.VA_RISK, Code.VA_RULES})
# Institutional and qualified corporate professional investors need no risk statement (JC-11).
_NOT_FOR_THE_EXEMPT = frozenset({Code.MARGIN_RISK, Code.VA_RISK})
_TEXTS = Path(__file__).parent / "texts"


class Disclosure(models.Model):
    """
    One version of one text. In force from a time until the next one; a row is never edited.

    `sha256_en` and `sha256_zh` are the hash of title and body with an empty line between, held by
    the database: what somebody accepted can be shown years later, letter by letter.
    """

    code = models.CharField(max_length=16, choices=Code.choices)
    version = models.PositiveIntegerField()
    title_en = models.CharField(max_length=120)
    title_zh = models.CharField(max_length=120)
    body_en = models.TextField()
    body_zh = models.TextField()
    sha256_en = models.CharField(max_length=64)
    sha256_zh = models.CharField(max_length=64)
    effective_at = models.DateTimeField()
    reason = models.TextField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(
        Proposal, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "version"], name="disclosure_version_is_one_text"
            ),
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="disclosure_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=~(Q(title_en="") | Q(title_zh="") | Q(body_en="") | Q(body_zh="")),
                name="disclosure_in_both_languages",
            ),
        ]
        indexes = [models.Index(fields=["code", "-effective_at"], name="disclosure_in_force")]

    def __str__(self):
        return f"{self.title_en}, version {self.version}"

    def title(self, language: str) -> str:
        return getattr(self, f"title_{Language(language)}")

    def body(self, language: str) -> str:
        return getattr(self, f"body_{Language(language)}")

    def sha256(self, language: str) -> str:
        return getattr(self, f"sha256_{Language(language)}")


def hash_of(title: str, body: str) -> str:
    return hashlib.sha256(f"{title}\n\n{body}".encode()).hexdigest()


def versions(*, now: datetime) -> dict[str, list[Disclosure]]:
    """What was or is in force, by code in reading order, the newest version first; one query."""
    found: dict[str, list[Disclosure]] = {code: [] for code in _ORDER}
    rows = Disclosure.objects.filter(effective_at__lte=now).defer("body_en", "body_zh")
    for each in rows.order_by("-version"):
        found.setdefault(each.code, []).append(each)
    return {code: known for code, known in found.items() if known}


def in_force(*, now: datetime) -> list[Disclosure]:
    """The newest version of each text, in reading order."""
    return [rows[0] for rows in versions(now=now).values()]


def codes_for(purpose: str, *, exempt: bool) -> frozenset[str]:
    """
    Which texts a client agrees to who borrows for `purpose`.

    `exempt` are institutional and qualified corporate professional investors, for whom no risk
    statement is needed (JC-11); terms are for everybody.
    """
    wanted = frozenset(Code)
    if purpose == Purpose.SECURITIES:
        wanted -= _FOR_VIRTUAL_ASSETS
    return wanted - _NOT_FOR_THE_EXEMPT if exempt else wanted


def still_good(rows: list[Disclosure], *, grace: timedelta, now: datetime) -> list[Disclosure]:
    """
    Of the versions of one text, the newest first, those whose acceptance still counts: the newest,
    and an older one until `grace` after its successor came into force.
    """
    good = rows[:1]
    for successor, each in zip(rows, rows[1:], strict=False):
        if successor.effective_at + grace <= now:
            break
        good.append(each)
    return good


def found_disclosures(*, maker, checker, now: datetime) -> list[Disclosure]:
    """The first version of each text that has none; what is in force then."""
    known = set(Disclosure.objects.values_list("code", flat=True))
    Disclosure.objects.bulk_create(
        Disclosure(
            code=code,
            version=1,
            effective_at=now,
            reason="the house opens",
            maker=maker,
            checker=checker,
            **_first(code),
        )
        for code in _ORDER
        if code not in known
    )
    return in_force(now=now)


def _first(code: str) -> dict[str, str]:
    fields = {}
    for language in Language.values:
        words = (_TEXTS / f"{code}.{language}.txt").read_text(encoding="utf-8")
        title, body = (part.strip() for part in words.split("\n\n", 1))
        fields |= {
            f"title_{language}": title,
            f"body_{language}": body,
            f"sha256_{language}": hash_of(title, body),
        }
    return fields
