"""Filling in: what is read, what is refused at its field, what is missing, what two people see."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding.applications.application import State
from onboarding.applications.party import shares
from onboarding.applications.refusals import ChangedMeanwhile, Incomplete, NotPossible
from onboarding.applications.save import remove_party, save_party, save_step, version_of
from onboarding.applications.steps import missing, progress, steps_for
from onboarding.approvals import Proposal
from onboarding.parameters import ParameterValue
from tests.factories import NOON, client_user, house
from tests.factories.applications import (
    MANDATE,
    PROFESSIONAL,
    PURPOSE,
    complete,
    draft,
    enter,
    firm,
    person,
    tell,
)

pytestmark = pytest.mark.django_db


def errors_of(act) -> dict:
    with pytest.raises(Incomplete) as caught:
        act()
    return {name: list(words) for name, words in caught.value.form.errors.items()}


def wrong_person(**told) -> dict:
    application = draft("person")
    by, whole = application.started_by, person() | told
    return errors_of(lambda: save_party(application, whole, nature="person", by=by, now=NOON))


@pytest.mark.rule("AML-3")
@pytest.mark.parametrize(
    "left_out",
    ["address", "birth_date", "identity_number", "identity_type", "name", "place"],
)
def test_a_person_is_not_entered_without_what_identifies_one(left_out):
    assert wrong_person(**{left_out: ""}) == {left_out: ["This is missing."]}


@pytest.mark.rule("AML-4")
@pytest.mark.parametrize(
    "left_out",
    [
        "address",
        "birth_date",
        "business_address",
        "identity_number",
        "identity_type",
        "legal_form",
        "name",
        "place",
    ],
)
def test_a_firm_is_not_entered_without_what_identifies_one(left_out):
    application = draft("corporate")
    told = firm() | {left_out: ""}
    errors = errors_of(
        lambda: save_party(application, told, nature="firm", by=application.started_by, now=NOON)
    )
    assert errors == {left_out: ["This is missing."]}


@pytest.mark.rule("AML-3")
@pytest.mark.parametrize(
    ("told", "field", "words"),
    [
        ({"birth_date": "2026-03-05"}, "birth_date", "still to come"),
        ({"birth_date": "1899-12-31"}, "birth_date", "Nobody is that old"),
        ({"birth_date": "2008-03-05"}, "birth_date", "18 or older"),
        ({"birth_date": "yesterday"}, "birth_date", "no date"),
        ({"identity_expires": "2026-03-03"}, "identity_expires", "run out"),
        ({"identity_expires": ""}, "identity_expires", "missing"),
        ({"identity_type": "hkid", "identity_number": "A123456(7)"}, "identity_number", "belong"),
        ({"identity_type": "company_number"}, "identity_type", "not one of"),
        ({"place": "XX"}, "place", "not one of"),
        ({"name": "陳大文"}, "name", "Latin"),
        ({"name": "Chan 大文"}, "name", "field of their own"),
        ({"name": "Chan\u202eTai"}, "name", "cannot be seen"),
        ({"name_chinese": "Chan"}, "name_chinese", "Chinese characters"),
        ({"roles": ["director"]}, "roles", "not one of"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(told, field, words):
    errors = wrong_person(**told)
    assert list(errors) == [field]
    assert words in errors[field][0]


def test_who_turns_eighteen_today_may_act():
    application = draft("person")
    born = person(birth_date="2008-03-04")
    assert enter(application, born, by=application.started_by).name == born["name"]


def test_one_number_is_one_person_and_there_is_one_applicant():
    application = draft("corporate")
    by = application.started_by
    enter(application, firm(identity_number="77"), by=by)
    twin = firm(identity_number="77", roles=["owner"])
    assert (
        "already"
        in errors_of(lambda: save_party(application, twin, nature="firm", by=by, now=NOON))[
            "identity_number"
        ][0]
    )
    assert (
        "one applicant"
        in errors_of(lambda: save_party(application, firm(), nature="firm", by=by, now=NOON))[
            "roles"
        ][0]
    )


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(sorted(PURPOSE)), st.text(max_size=40)))
def test_whatever_is_typed_is_kept_whole_or_refused_in_words(told):
    application = draft("person")
    before = version_of(application, "purpose")
    form, refused = None, False
    try:
        tell(application, "purpose", PURPOSE | told, by=application.started_by)
    except Incomplete as refusal:
        form, refused = refusal.form, True
    assert version_of(application, "purpose") == before + (not refused)
    assert not refused or form.errors


def test_each_step_stands_on_its_own_and_what_is_missing_is_said_in_words():
    application = draft("corporate")
    by = application.started_by
    assert [each.step for each in progress(application, now=NOON) if each.is_done] == []
    tell(application, "purpose", PURPOSE, by=by)
    tell(application, "eligibility", PROFESSIONAL["corporate"], by=by)
    application.refresh_from_db()
    done = [each.step for each in progress(application, now=NOON) if each.is_done]
    assert done == ["eligibility", "purpose"]
    assert "Enter its directors." in missing(application, now=NOON)


@pytest.mark.parametrize("kind", ["corporate", "institution", "joint", "person", "trust"])
def test_a_complete_application_lacks_nothing(kind):
    application = complete(kind)
    assert missing(application, now=NOON) == []
    assert all(each.is_done for each in progress(application, now=NOON))
    assert [each.step for each in progress(application, now=NOON)] == steps_for(kind)[:-1]


@pytest.mark.rule("AML-5")
def test_owners_are_followed_through_firms_until_nobody_hides_a_quarter():
    application = draft("corporate")
    by = application.started_by
    root = enter(application, firm(), by=by)
    holding = enter(application, firm(roles=["owner"]), by=by)
    mei = enter(application, person(roles=["owner", "director"]), by=by)
    tell(application, "ownership", {f"h{holding.pk}_{root.pk}": "60"}, by=by)
    lacking = " ".join(missing(application, now=NOON))
    assert f"who holds {root.name}: holders of 40%" in lacking
    assert f"who holds {holding.name}: holders of 60%" in lacking

    held = {
        f"h{holding.pk}_{root.pk}": "60",
        f"h{mei.pk}_{root.pk}": "20",
        f"h{mei.pk}_{holding.pk}": "70",
    }
    tell(application, "ownership", held, by=by)
    assert "who holds" not in " ".join(missing(application, now=NOON))
    share = shares(application)[mei.pk]
    assert (share.percent, share.ruled, share.is_over) == (Decimal(62), Decimal(80), True)


@pytest.mark.rule("AML-5")
def test_nobody_looks_behind_a_listed_company():
    application = draft("corporate")
    by = application.started_by
    root = enter(application, firm(), by=by)
    listed = enter(application, firm(roles=["owner"], listed_on="HKEX"), by=by)
    tell(application, "ownership", {f"h{listed.pk}_{root.pk}": "100"}, by=by)
    assert "who holds" not in " ".join(missing(application, now=NOON))


def test_more_than_the_whole_is_refused_at_its_field():
    application = complete("corporate")
    root = application.applying()[0]
    owners = [party for party in application.parties.all() if "owner" in party.roles]
    held = {f"h{owner.pk}_{root.pk}": "51" for owner in owners}
    errors = errors_of(lambda: tell(application, "ownership", held, by=application.started_by))
    assert "More than 100%" in str(errors)


def test_a_party_that_is_taken_out_takes_its_holdings_along_and_stays_on_the_record():
    application = complete("corporate")
    by = application.started_by
    owner = application.parties.filter(user__isnull=False).last()
    remove_party(application, owner, by=by, now=NOON)

    assert not application.holdings.filter(owner=owner.pk).exists()
    assert application.told.filter(step=f"party {owner.pk}", answers__removed=owner.name).exists()
    assert missing(application, now=NOON) != []


def test_the_same_twice_is_once_and_the_late_one_is_told():
    application = draft("person")
    by = application.started_by
    for _ in range(2):
        save_step(application, "purpose", PURPOSE, version=0, by=by, now=NOON)
    assert version_of(application, "purpose") == 1
    other = PURPOSE | {"purpose": "Something else."}
    with pytest.raises(ChangedMeanwhile):
        save_step(application, "purpose", other, version=0, by=by, now=NOON)
    save_step(application, "purpose", other, version=1, by=by, now=NOON)
    assert [each.answers["purpose"] for each in application.told.order_by("version")] == [
        PURPOSE["purpose"],
        "Something else.",
    ]


def test_a_stranger_saves_nothing():
    application = draft("person")
    with pytest.raises(NotPossible, match="not yours"):
        tell(application, "purpose", PURPOSE, by=client_user())


@pytest.mark.rule("PI-2")
def test_the_size_that_the_house_has_set_is_the_one_that_counts():
    house()
    application = complete("person")
    application.refresh_from_db()
    maker, checker = client_user(), client_user()
    proposal = Proposal.objects.create(
        command="parameter",
        payload={},
        difference=[],
        approvers=["mic_rm"],
        reason="x",
        maker=maker,
        proposed_at=NOON,
        expires_at=NOON + timedelta(days=1),
    )
    ParameterValue.objects.create(
        name="pi_portfolio_individual",
        value=20_000_000,
        verified=True,
        source="x",
        effective_at=NOON,
        reason="x",
        maker=maker,
        checker=checker,
        proposal=proposal,
    )
    assert "HKD 20,000,000" in " ".join(missing(application, now=NOON))
    assert missing(application, now=NOON - timedelta(minutes=1)) == []


def test_a_mandate_is_not_of_a_day_to_come():
    application = draft("trust")
    errors = errors_of(
        lambda: tell(
            application,
            "mandate",
            MANDATE | {"resolution_date": "2026-03-05"},
            by=application.started_by,
        )
    )
    assert errors == {"resolution_date": ["This day is still to come."]}
    assert application.state == State.DRAFT
