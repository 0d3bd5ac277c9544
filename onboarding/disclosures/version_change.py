"""A new version of a text that clients agree to, by two people's word."""

from datetime import datetime
from difflib import SequenceMatcher

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.disclosures.text import Code, Disclosure, Language, hash_of
from onboarding.hands import DISCLOSURE_VERSION, Area
from onboarding.payloads import as_moment, moment, text

LONGEST_BODY = 60_000
FIELDS = tuple(f"{part}_{language}" for language in Language.values for part in ("title", "body"))


def last_version(code: str) -> Disclosure | None:
    """The last version of that text, in force or still to come."""
    return Disclosure.objects.filter(code=code).order_by("version").last()


def _code_of(payload: dict) -> str:
    code = text(payload, "code", "The text")
    if code not in Code.values:
        raise Invalid(f"There is no text {code[:16]}.")
    return code


def _words(payload: dict) -> dict[str, str]:
    found = {}
    for language in Language.values:
        said = Language(language).label
        found[f"title_{language}"] = text(payload, f"title_{language}", f"The title in {said}")
        if len(found[f"title_{language}"]) > 120:
            raise Invalid(f"The title in {said} is longer than 120 characters.")
        found[f"body_{language}"] = _body(payload, f"body_{language}", f"The text in {said}")
    return found


def _body(payload: dict, key: str, called: str) -> str:
    words = payload.get(key) or ""
    if not isinstance(words, str) or "\0" in words:
        raise Invalid(f"{called} is not text.")
    words = "\n".join(line.rstrip() for line in words.strip().splitlines())
    if not words:
        raise Invalid(f"{called} is missing.")
    if len(words) > LONGEST_BODY:
        raise Invalid(f"{called} is longer than {LONGEST_BODY:,} characters.")
    return words


def _differs(payload: dict, *, now: datetime) -> Difference:
    code, words = _code_of(payload), _words(payload)
    before = last_version(code)
    from_then = moment(payload, "effective_at", now=now)
    if before and (from_then or now) <= before.effective_at:
        raise Invalid(f"Version {before.version} begins on {as_moment(before.effective_at)}.")
    old = {name: getattr(before, name) if before else "" for name in FIELDS}
    if old == words:
        raise Invalid("These are the words of the last version.")
    number = before.version if before else 0
    lines = [
        (f"{Code(code).label}: version", str(number) if number else "none", str(number + 1)),
        ("In force from", "", as_moment(from_then)),
    ]
    for name in FIELDS:
        said = Language(name[-2:]).label
        if name.startswith("title"):
            if old[name] != words[name]:
                lines.append((f"Title, {said}", old[name], words[name]))
        else:
            lines += [
                (f"{said}, from paragraph {place}", was, becomes)
                for place, was, becomes in _changes(old[name], words[name])
            ]
    return lines


def _changes(before: str, after: str) -> list[tuple[int, str, str]]:
    """Where paragraphs differ: the number of the first, what stood there and what will."""
    old = before.split("\n\n") if before else []
    new = after.split("\n\n")
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [
        (start + 1, "\n\n".join(old[first:last]), "\n\n".join(new[start:end]))
        for kind, first, last, start, end in steps
        if kind != "equal"
    ]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    code, words = _code_of(payload), _words(payload)
    before = last_version(code)
    made = Disclosure.objects.create(
        code=code,
        version=before.version + 1 if before else 1,
        effective_at=moment(payload, "effective_at", now=now) or now,
        reason=proposal.reason,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
        **words,
        **{
            f"sha256_{each}": hash_of(words[f"title_{each}"], words[f"body_{each}"])
            for each in Language.values
        },
    )
    return {"disclosure": str(made.pk), "version": str(made.version)}


register(
    Command(
        name="disclosure_version",
        title="New version of a text that clients accept",
        proposes=DISCLOSURE_VERSION.proposes,
        approves=lambda payload, *, now: DISCLOSURE_VERSION.approves,
        apply=_apply,
        differs=_differs,
        area=Area.HOUSE,
        dated=True,
    )
)
