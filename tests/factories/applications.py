"""Applications: each begun empty by a login, and brought further by the product's own steps."""

import itertools
from datetime import datetime

from onboarding.applications.application import Application
from onboarding.applications.checks import record_check, standings
from onboarding.applications.documents_needed import attach, needed
from onboarding.applications.invite import accept, invite
from onboarding.applications.party import ApplicationParty, Nature
from onboarding.applications.review import assign, pass_to_credit, take
from onboarding.applications.save import begin, save_party, save_step, this_is_me, version_of
from onboarding.applications.send import confirm
from onboarding.approvals import approve, propose
from onboarding.screening.lists import ListVersion
from onboarding.screening.load import load
from onboarding.users import Role, User
from tests.factories import NOON, client_user, staff
from tests.factories.files import pdf, upload
from tests.factories.screening import PEP, UN, sdn
from tests.factories.terms import agree, terms_in_force

_numbers = itertools.count(1)

PROFESSIONAL = {
    "person": {"category": "individual", "portfolio": "12,000,000", "evidence": "Statement"},
    "joint": {"category": "individual", "portfolio": "9,000,000", "evidence": "Statements"},
    "corporate": {
        "category": "corporate",
        "portfolio": "30,000,000",
        "assets": "55,000,000",
        "evidence": "Audited accounts",
    },
    "trust": {"category": "trust", "assets": "60,000,000", "evidence": "Audited accounts"},
    "institution": {"category": "institutional", "evidence": "Register of licensees"},
}
PURPOSE = {
    "purpose": "To finance our own dealing in bitcoin.",
    "loan_purpose": "va",
    "expected_loan": "5,000,000",
    "expected_turnover": "20,000,000",
    "expected_assets": "Bitcoin from our account at the platform.",
}
WEALTH = {
    "source_of_wealth": "Trading profits since 2009.",
    "source_of_funds": "HSBC Hong Kong, in our own name.",
    "net_worth": "60,000,000",
    "liquid": "25,000,000",
    "va": "10,000,000",
}
MANDATE = {"signatures": "2", "resolution_date": "2026-02-02", "resolution": "Board, 2 Feb 2026"}


def person(name: str = "", **more) -> dict:
    """What is told of a person: valid, and of another number each time."""
    number = next(_numbers)
    return {
        "roles": ["applicant"],
        "name": name or f"Chan Tai Man {_letters(number)}",
        "name_chinese": "陳大文",
        "birth_date": "1980-05-17",
        "place": "HK",
        "identity_type": "passport",
        "identity_number": f"K{number:08}",
        "identity_expires": "2031-01-01",
        "address": "1 Peak Road, Hong Kong",
    } | more


def firm(name: str = "", **more) -> dict:
    number = next(_numbers)
    return {
        "roles": ["applicant"],
        "name": name or f"Jade Pier Trading {_letters(number)} Limited",
        "name_chinese": "玉碼頭貿易有限公司",
        "birth_date": "2009-03-02",
        "place": "HK",
        "identity_type": "company_number",
        "identity_number": f"{number:08}",
        "address": "8 Queen's Road Central, Hong Kong",
        "business_address": "8 Queen's Road Central, Hong Kong",
        "legal_form": "Private company limited by shares",
    } | more


def _letters(number: int) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in str(number))


def enter(
    application: Application, told: dict, *, by: User, now: datetime = NOON
) -> ApplicationParty:
    nature = Nature.FIRM if "legal_form" in told else Nature.PERSON
    return save_party(application, told, nature=nature, by=by, now=now)


def tell(application: Application, step: str, told: dict, *, by: User, now: datetime = NOON):
    version = version_of(application, step)
    return save_step(application, step, told, version=version, by=by, now=now)


def draft(kind: str = "person", *, by: User | None = None, now: datetime = NOON) -> Application:
    """Begun, with nothing in it."""
    return begin(kind, by=by or client_user(), now=now)


def complete(kind: str = "person", *, by: User | None = None, now: datetime = NOON) -> Application:
    """All told and everybody who signs has a login; nobody has confirmed."""
    by = by or client_user()
    application = draft(kind, by=by, now=now)
    signing = _parties(application, by=by, now=now)
    tell(application, "eligibility", PROFESSIONAL[kind], by=by, now=now)
    tell(application, "purpose", PURPOSE, by=by, now=now)
    tell(application, "wealth", WEALTH, by=by, now=now)
    if kind not in ("person", "joint"):
        tell(application, "mandate", MANDATE, by=by, now=now)
    this_is_me(application, signing[0], by=by, now=now)
    for party in signing[1:]:
        sent = invite(application, party, f"second{party.pk}@example.test", by=by, now=now)
        accept(sent.secret, user=client_user(), now=now)
    give_papers(application, by=by, now=now)
    application.refresh_from_db()
    return application


def give_papers(application: Application, *, by: User, now: datetime = NOON) -> None:
    """Every document that is needed, each a file of its own."""
    for each in needed(application, list(application.parties.all())):
        if not each.given:
            file = upload(pdf(f"{each.title} {next(_numbers)}"), f"{each.kind}.pdf")
            attach(application, file, kind=each.kind, party=each.party, by=by, now=now)


def _parties(application: Application, *, by: User, now: datetime) -> list[ApplicationParty]:
    kind = application.kind
    if kind == "person":
        return [enter(application, person(), by=by, now=now)]
    if kind == "joint":
        return [enter(application, person(), by=by, now=now) for _ in range(2)]
    root = enter(application, firm(), by=by, now=now)
    roles = {
        "corporate": (["director", "owner", "signatory"], ["director", "owner", "signatory"]),
        "trust": (["trustee", "signatory"], ["settlor", "beneficiary", "signatory"]),
        "institution": (["director", "signatory"], ["signatory"]),
    }[kind]
    people = [enter(application, person(roles=each), by=by, now=now) for each in roles]
    if kind == "corporate":
        held = {f"h{people[0].pk}_{root.pk}": "60", f"h{people[1].pk}_{root.pk}": "40"}
        tell(application, "ownership", held, by=by, now=now)
    return people


def sign(application: Application, *, now: datetime = NOON) -> Application:
    """Everybody who signs confirms it as it is."""
    application.refresh_from_db()
    for party in list(application.parties.filter(user__isnull=False)):
        application = confirm(application, edition=application.edition, by=party.user, now=now)
    return application


def submitted(kind: str = "person", *, now: datetime = NOON) -> Application:
    return sign(complete(kind, now=now), now=now)


SOMEBODY = (1, "PETROVA, Galina Olegovna", "individual", "DOB 1961.")


def lists_of_strangers(*, now: datetime = NOON) -> None:
    """Every list is in force, and nobody of these stories is on one."""
    if not ListVersion.objects.exists():
        load("ofac", sdn(SOMEBODY), source="test", now=now)
        load("un", {"consolidated.xml": UN}, source="test", now=now)
        load("pep", {"pep.csv": PEP}, source="test", now=now)


def in_review(kind: str = "person", *, officer: User | None = None, now: datetime = NOON):
    lists_of_strangers(now=now)
    officer = officer or staff(Role.ONBOARDING_OFFICER)
    return take(submitted(kind, now=now), by=officer, now=now)


def check_all(application: Application, *, by: User, but: tuple = (), now: datetime = NOON):
    """Every check that people make is passed by `by`."""
    for each in standings(application, now=now):
        if not each.by_rule and not each.passed and each.check not in but:
            record_check(
                application,
                each.check,
                passed=True,
                evidence="Seen: passport, register extract, report.",
                reason="It agrees with what was told.",
                by=by,
                now=now,
            )


def accept_terms(application: Application, *, now: datetime = NOON) -> None:
    """Everybody who signs accepts all that is in force."""
    terms_in_force(now=now)
    for party in application.parties.filter(user__isnull=False):
        agree(party.user, None, now=now)


def with_credit(kind: str = "person", *, now: datetime = NOON) -> Application:
    application = in_review(kind, now=now)
    check_all(application, by=application.officer, now=now)
    accept_terms(application, now=now)
    assign(application, staff(Role.RM), by=application.officer, now=now)
    return pass_to_credit(application, by=application.officer, reason="clear", now=now)


CREDIT = {
    "limit": "4000000",
    "spread": "0.035",
    "assessment": "Audited accounts: liquid net worth covers the stressed shortfall twice.",
    "review_date": "2026-12-01",
}


def decided(kind: str = "person", *, now: datetime = NOON, **more) -> Application:
    """Credit has decided; all that is left is to open it."""
    application = with_credit(kind, now=now)
    proposal = propose(
        "application_credit",
        CREDIT | {"application": application.number} | more,
        by=staff(Role.CREDIT_OFFICER),
        reason="As assessed.",
        now=now,
    )
    approve(proposal, by=staff(Role.CREDIT_OFFICER), reason="Agreed.", now=now)
    application.refresh_from_db()
    return application


def opened(kind: str = "person", *, now: datetime = NOON) -> Application:
    """Opened by an officer's and compliance's word."""
    application = decided(kind, now=now)
    payload = {"application": application.number}
    proposal = propose(
        "open_account", payload, by=application.officer, reason="All there.", now=now
    )
    approve(proposal, by=staff(Role.COMPLIANCE), reason="Agreed.", now=now)
    application.refresh_from_db()
    return application
