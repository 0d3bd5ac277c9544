"""Nothing is drawn on terms that nobody agreed to; what was agreed to is shown to the letter."""

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from hypothesis import given
from hypothesis import strategies as st

from onboarding.approvals import approve, propose
from onboarding.clients import Client, Kind, Signatory
from onboarding.disclosures.acceptance import (
    Acceptance,
    AcceptanceRefused,
    accept,
    accept_for_many,
    carry_to,
    outstanding,
    required_of,
    terms_gate,
    terms_missing,
)
from onboarding.disclosures.second_factor import second_factor_of
from onboarding.disclosures.text import (
    Code,
    Disclosure,
    Language,
    Purpose,
    hash_of,
    in_force,
    still_good,
)
from onboarding.users import Role
from tests.factories import LONG_AGO, NOON, client_user, staff
from tests.factories.terms import agree, signatory_of, terms_in_force
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def texts():
    return terms_in_force()


def a_client(kind: str = Kind.PERSON) -> Client:
    number = Client.objects.count() + 1
    return Client.objects.create(number=f"C{number}", name="Chan Tai Man", kind=kind)


@pytest.fixture
def client_():
    return a_client()


def new_version(code: str, *, now, effective_at: str = "", words: str = "Something else.") -> None:
    last = Disclosure.objects.filter(code=code).latest("version")
    payload = {
        "code": code,
        "title_en": last.title_en,
        "title_zh": last.title_zh,
        "body_en": f"{last.body_en}\n\n{words}",
        "body_zh": last.body_zh,
        "effective_at": effective_at,
    }
    proposal = propose(
        "disclosure_version", payload, by=staff(Role.COMPLIANCE), reason="x", now=now
    )
    approve(proposal, by=staff(Role.RESPONSIBLE_OFFICER), reason="x", now=now)


# --- The gate ------------------------------------------------------------------------------------


@pytest.mark.rule("JC-11")
def test_what_is_not_accepted_is_named_and_the_last_acceptance_opens_the_gate(texts, client_):
    user = signatory_of(client_)
    for text in texts:
        assert text.title_en in terms_gate(client_, now=NOON)
        accept(text, by=user, client=client_, language="zh", sha256=text.sha256_zh, now=NOON)
        assert text.title_en not in (terms_gate(client_, now=NOON) or "")
    assert terms_gate(client_, now=NOON) is None
    assert outstanding(user, client=client_, now=NOON) == []


def test_a_house_without_texts_lends_nothing(client_):
    assert "not in force" in terms_gate(client_, now=NOON)


def test_nothing_is_in_force_before_its_time(client_):
    terms_in_force(now=NOON)
    assert in_force(now=NOON - timedelta(seconds=1)) == []
    assert "not in force" in terms_gate(client_, now=NOON - timedelta(seconds=1))
    assert [each.code for each in in_force(now=NOON)] == list(Code)


@pytest.mark.rule("JC-11")
def test_institutions_and_qualified_corporates_need_the_terms_and_no_risk_statement(texts, client_):
    user = signatory_of(client_)
    needed = required_of(now=NOON, exempt=True)
    assert {each.code for each in needed} == {"margin_terms", "va_terms", "va_rules"}
    for text in needed:
        accept(text, by=user, client=client_, language="en", sha256=text.sha256_en, now=NOON)
    assert terms_gate(client_, now=NOON, exempt=True) is None
    assert "Risk disclosure: virtual assets" in terms_gate(client_, now=NOON)


def test_for_securities_alone_the_texts_on_virtual_assets_are_not_needed(texts):
    needed = required_of(now=NOON, purpose=Purpose.SECURITIES)
    assert {each.code for each in needed} == {"margin_terms", "margin_risk"}


def test_of_joint_holders_each_accepts_and_of_any_other_client_one(texts):
    for kind in Kind.values:
        client = a_client(kind)
        first, second = signatory_of(client), signatory_of(client)
        agree(first, client, now=NOON)
        if kind == Kind.JOINT:
            assert "from each holder" in terms_gate(client, now=NOON)
            agree(second, client, now=NOON)
        assert terms_gate(client, now=NOON) is None
        second.is_active = False
        second.save()
        assert terms_gate(client, now=NOON) is None


def test_what_was_accepted_for_one_client_is_not_accepted_for_another(texts, client_):
    user, other = signatory_of(client_), a_client()
    Signatory.objects.create(client=other, user=user)
    agree(user, client_, now=NOON)
    assert terms_gate(other, now=NOON)


@pytest.mark.rule("JC-11")
def test_a_new_version_is_asked_for_and_the_last_one_counts_for_thirty_days(texts, client_):
    user = signatory_of(client_)
    agree(user, client_, now=NOON)
    new_version("va_risk", now=NOON + DAY)
    [asked] = outstanding(user, client=client_, now=NOON + DAY)
    assert (asked.code, asked.version) == ("va_risk", 2)
    last = NOON + DAY + timedelta(days=30)
    assert terms_gate(client_, now=last - timedelta(seconds=1)) is None
    assert "Risk disclosure: virtual assets" in terms_gate(client_, now=last)

    agree(user, client_, now=last)
    assert terms_gate(client_, now=last) is None


def test_who_never_accepted_has_no_days_of_grace(texts, client_):
    signatory_of(client_)
    new_version("va_risk", now=NOON)
    assert "virtual assets" in terms_gate(client_, now=NOON)


def test_the_days_are_a_parameter(texts, client_):
    agree(signatory_of(client_), client_, now=NOON)
    payload = {"parameter": "terms_grace_days", "value": "0", "source": "house", "verified": "no"}
    proposal = propose("parameter", payload, by=staff(Role.COMPLIANCE), reason="x", now=NOON)
    approve(proposal, by=staff(Role.RESPONSIBLE_OFFICER), reason="x", now=NOON)
    new_version("va_terms", now=NOON + DAY)
    assert terms_gate(client_, now=NOON + DAY)


@given(st.lists(st.integers(1, 100), max_size=6), st.integers(0, 120), st.integers(0, 200))
def test_an_old_version_counts_while_every_later_one_is_within_grace(gaps, grace, since):
    """By the days alone: the newest always; any other until grace after its successor."""
    days = [0]
    for gap in gaps:
        days.append(days[-1] + gap)
    rows = [Disclosure(version=n, effective_at=LONG_AGO + day * DAY) for n, day in enumerate(days)]
    now = LONG_AGO + (days[-1] + since) * DAY
    good = still_good(rows[::-1], grace=grace * DAY, now=now)
    meant = [
        row
        for n, row in enumerate(rows)
        if n == len(rows) - 1 or now < LONG_AGO + (days[n + 1] + grace) * DAY
    ]
    assert sorted(each.version for each in good) == [each.version for each in meant]


# --- Accepting -----------------------------------------------------------------------------------


@pytest.mark.rule("AML-7", "JC-11")
def test_an_acceptance_says_who_when_what_letters_where_from_and_with_what(texts, client_):
    user, text = signatory_of(client_), texts[0]
    made = accept(
        text,
        by=user,
        client=client_,
        language="zh",
        sha256=text.sha256_zh,
        ip="203.0.113.7",
        user_agent="Mozilla/5.0 " + "x" * 900,
        now=NOON,
    )
    assert (made.user, made.client, made.accepted_at) == (user, client_, NOON)
    assert (made.language, made.sha256) == ("zh", hash_of(text.title_zh, text.body_zh))
    assert (made.ip, made.user_agent[:11], len(made.user_agent)) == (
        "203.0.113.7",
        "Mozilla/5.0",
        400,
    )
    with refused("onboarding_acceptance_append_only"):
        sql("UPDATE onboarding_acceptance SET ip = NULL WHERE id = %s", made.pk)
    with refused("onboarding_acceptance_append_only"):
        sql("DELETE FROM onboarding_acceptance WHERE id = %s", made.pk)


def test_twice_is_once(texts, client_):
    user, text = signatory_of(client_), texts[0]
    first, second = (
        accept(text, by=user, client=client_, language="en", sha256=text.sha256_en, now=at)
        for at in (NOON, NOON + DAY)
    )
    assert first == second
    first.pk = None
    with refused("acceptance_once"):
        first.save()
    first.client = None
    first.save()
    first.pk = None
    with refused("acceptance_once"):
        first.save()


def test_nobody_else_accepts_for_a_client(texts, client_):
    text = texts[0]
    gone = signatory_of(client_)
    gone.is_active = False
    for by in (client_user(), staff(Role.RM), staff(Role.COMPLIANCE), gone):
        with pytest.raises(AcceptanceRefused):
            accept(text, by=by, client=client_, language="en", sha256=text.sha256_en, now=NOON)
    assert not Acceptance.objects.exists()
    row = Acceptance(
        disclosure=text,
        client=client_,
        user=client_user(),
        language="en",
        sha256=text.sha256_en,
        accepted_at=NOON,
    )
    with refused("acceptance_by_a_signatory"):
        row.save()


def test_other_letters_than_those_shown_are_not_accepted(texts, client_):
    user, text = signatory_of(client_), texts[0]
    for language, sha256 in (("en", text.sha256_zh), ("en", "0" * 64), ("fr", text.sha256_en)):
        with pytest.raises(AcceptanceRefused, match="not the text that was shown"):
            accept(text, by=user, client=client_, language=language, sha256=sha256, now=NOON)
    row = Acceptance(
        disclosure=text,
        client=client_,
        user=user,
        language="en",
        sha256=text.sha256_zh,
        accepted_at=NOON,
    )
    with refused("acceptance_of_its_letters"):
        row.save()


def test_a_version_that_is_not_in_force_is_not_accepted(texts, client_):
    user = signatory_of(client_)
    tomorrow = (NOON + DAY).isoformat()
    new_version("va_terms", now=NOON, effective_at=tomorrow)
    old, new = Disclosure.objects.filter(code="va_terms").order_by("version")

    def row(text, at):
        return Acceptance(
            disclosure=text,
            client=client_,
            user=user,
            language="en",
            sha256=text.sha256_en,
            accepted_at=at,
        )

    for text, at in ((new, NOON), (old, NOON + DAY), (old, LONG_AGO - DAY)):
        with pytest.raises(AcceptanceRefused, match="newer version"):
            accept(text, by=user, client=client_, language="en", sha256=text.sha256_en, now=at)
        with refused("acceptance_of_what_is_in_force"):
            row(text, at).save()
    row(old, NOON).save()


@pytest.mark.rule("AML-7")
def test_a_login_with_a_second_factor_accepts_nothing_without_it(texts, client_):
    user, text = signatory_of(client_), texts[0]
    assert second_factor_of(user) is None
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")

    def answer(shown):
        return accept(
            text,
            by=user,
            client=client_,
            language="en",
            sha256=text.sha256_en,
            shown=shown,
            now=NOON,
        )

    with pytest.raises(AcceptanceRefused, match="show your authenticator app"):
        answer(False)
    assert answer(True).second_factor == "authenticator app"


def test_an_applicants_acceptances_become_the_clients_once(texts, client_):
    user, stranger = client_user(), client_user()
    agree(user, None, now=NOON)
    agree(stranger, None, now=NOON)
    assert terms_gate(client_, now=NOON)
    with refused("acceptance_by_a_signatory"):
        Acceptance.objects.filter(user=user).update(client=client_)

    Signatory.objects.create(client=client_, user=user)
    assert carry_to(client_, [user]) == len(texts)
    assert terms_gate(client_, now=NOON) is None
    assert carry_to(client_, [user]) == 0
    for other in (a_client(), None):
        with refused("acceptance_finds_its_client_once"):
            Acceptance.objects.filter(user=user).update(client=other)


def test_a_made_up_book_accepts_in_one_statement_and_is_looked_at_row_by_row(
    texts, client_, django_assert_num_queries
):
    signatory_of(client_)
    other = a_client()
    signatory_of(other)
    signatories = list(Signatory.objects.order_by("pk"))
    with django_assert_num_queries(2):
        made = accept_for_many(signatories, language="zh", now=NOON)
    assert made == 2 * len(texts)
    assert terms_gate(client_, now=NOON) is terms_gate(other, now=NOON) is None
    with refused("acceptance_of_what_is_in_force"):
        sql(
            "INSERT INTO onboarding_acceptance (disclosure_id, user_id, language, sha256,"
            " accepted_at, user_agent, second_factor)"
            " SELECT id, %s, 'en', sha256_en, %s, '', '' FROM onboarding_disclosure LIMIT 1",
            client_user().pk,
            LONG_AGO - DAY,
        )


# --- Texts ---------------------------------------------------------------------------------------


def test_each_text_is_there_in_both_languages(texts):
    assert len(texts) == len(Code) == 5
    for text in texts:
        for language in Language.values:
            assert text.sha256(language) == hash_of(text.title(language), text.body(language))
            assert len(text.body(language).split("\n\n")) >= 7
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.body_zh)
        assert text.body_en.isascii()
        assert len(text.body_zh.split("\n\n")) == len(text.body_en.split("\n\n"))


def test_a_text_is_never_edited_and_is_its_hash(texts):
    with refused("onboarding_disclosure_append_only"):
        Disclosure.objects.filter(pk=texts[0].pk).update(body_en="x")
    row = Disclosure.objects.get(pk=texts[0].pk)
    row.pk, row.version, row.effective_at, row.body_zh = None, 2, NOON, "x"
    with refused("disclosure_is_its_hash"):
        row.save()


@pytest.mark.parametrize(("version", "at"), [(1, NOON), (3, NOON), (2, LONG_AGO)])
def test_versions_follow_one_another(texts, version, at):
    row = Disclosure.objects.get(pk=texts[0].pk)
    row.pk, row.version, row.effective_at = None, version, at
    with refused("disclosure_versions_follow"):
        row.save()


def test_of_many_clients_it_is_asked_in_four_statements(texts, django_assert_num_queries):
    clients = [a_client() for _ in range(5)]
    for client in clients[:3]:
        agree(signatory_of(client), client, now=NOON)
    with django_assert_num_queries(4):
        missing = terms_missing(clients, now=NOON)
    assert set(missing) == {client.pk for client in clients[3:]}
    assert missing == {
        client.pk: terms_gate(client, now=NOON)
        for client in clients
        if terms_gate(client, now=NOON)
    }
