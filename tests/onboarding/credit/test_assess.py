"""An assessment is complete, argued, answered for by two people, and then never edited."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from onboarding.approvals import Invalid, NotAllowed, Stale, approve, propose
from onboarding.clients import Client, Kind
from onboarding.credit.factors import FACTORS, SMF, VIRTUAL
from onboarding.credit.figures import DISCOUNTS
from onboarding.credit.profile import (
    CreditAssessment,
    DebtLine,
    NetWorthLine,
    current_assessment,
    last_assessment,
)
from onboarding.credit.worth import AssetClass
from onboarding.lifecycle import move
from onboarding.users import Role
from tests.factories import NOON, house, manager_for, margin_account, staff
from tests.factories.credit import application, argued, line
from tests.proofs import guards_down, refused, sql

DAY = timedelta(days=1)
TODAY = date(2026, 3, 4)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return margin_account(assessed=False)


@pytest.fixture
def client(account):
    return account.client


@pytest.fixture
def manager(account):
    return manager_for(account)


@pytest.fixture
def officer():
    return staff(Role.CREDIT_OFFICER)


@pytest.fixture
def firm(client):
    sql("UPDATE onboarding_client SET kind = 'corporate' WHERE id = %s", client.pk)
    return Client.objects.get(pk=client.pk)


def asked(client, *lines, by, now=NOON, **fields):
    payload = application(client, *lines, by=by, **fields)
    return propose("credit_assessment", payload, by=by, reason="yearly", now=now)


def assessed(client, *lines, by, now=NOON, **fields) -> CreditAssessment:
    proposal = asked(client, *lines, by=by, now=now, **fields)
    approve(proposal, by=staff(Role.CREDIT_OFFICER), reason="seen", now=now)
    return CreditAssessment.objects.get(proposal=proposal)


@pytest.mark.rule("SMF-11")
@pytest.mark.rule("VAF-5")
def test_an_assessment_is_kept_as_it_was_scored(client, manager):
    row = assessed(
        client,
        line("fiat", "10000000", by=manager),
        line("other", "20000000", liquid="no", evidence_type="valuation", by=manager),
        line("virtual", "5000000", liquid="no", by=manager),
        by=manager,
        debts=[{"described": "Mortgage", "amount": "3000000", "within_a_year": "no"}],
        income="1200000",
        income_evidence="Tax assessment 2025",
        income_verified_by=manager.username,
    )

    assert (row.fiat, row.other, row.virtual) == (10_000_000, 14_000_000, 2_000_000)
    assert (row.net_worth, row.liquid_net_worth, row.debts) == (23_000_000, 10_000_000, 3_000_000)
    assert [each.discount for each in row.lines.order_by("pk")] == [
        0,
        Decimal("0.3"),
        Decimal("0.6"),
    ]
    assert row.total == sum(points for _, points, _, _ in row.card)
    assert (row.grade, row.proposed_limit) == ("B", 6_900_000)
    assert row.review_date == TODAY + 365 * DAY
    assert (row.maker, row.checker.role) == (manager, Role.CREDIT_OFFICER)
    assert row.factors["va_a"] == {"score": 2, "argument": "why va_a", "evidence": "file va_a"}
    assert current_assessment(client, on=TODAY) == row


@pytest.mark.rule("VAF-5")
@pytest.mark.parametrize("missing", sorted(set(FACTORS) - {"va_g"}))
def test_no_factor_may_be_missing_where_virtual_assets_are_counted(client, manager, missing):
    factors = argued(*(name for name in FACTORS if name != missing))
    with pytest.raises(Invalid, match="score is missing"):
        asked(client, line("virtual", by=manager), by=manager, factors=factors)


@pytest.mark.rule("VAF-5")
def test_the_seventh_is_asked_of_firms_alone(firm, manager):
    factors = argued(*(name for name in FACTORS if name != "va_g"))
    virtual = line("virtual", by=manager)
    with pytest.raises(Invalid, match="related companies"):
        asked(firm, virtual, by=manager, factors=factors)

    sql("UPDATE onboarding_client SET kind = 'person' WHERE id = %s", firm.pk)
    assert asked(firm, virtual, by=manager, factors=factors).pk


@pytest.mark.rule("VAF-5")
def test_without_virtual_assets_the_five_of_the_guidelines_are_enough(client, manager):
    row = assessed(client, by=manager, factors=argued(*SMF))

    assert sorted(row.factors) == sorted(SMF)
    assert row.card[-1][3] == "No virtual asset is counted."


@pytest.mark.rule("SMF-11")
@pytest.mark.parametrize("part", ["score", "argument", "evidence"])
@pytest.mark.parametrize("name", sorted(SMF))
def test_each_factor_of_the_guidelines_is_scored_argued_and_has_evidence(
    client, manager, name, part
):
    factors = argued()
    factors[name][part] = " "
    with pytest.raises(Invalid, match=f"{part} is missing"):
        asked(client, by=manager, factors=factors)


@pytest.mark.rule("SMF-10")
def test_what_the_house_itself_can_bear_is_part_of_it(client, manager):
    with pytest.raises(Invalid, match="The house's own"):
        asked(client, by=manager, house_conditions="")


@pytest.mark.rule("SMF-11")
def test_a_line_that_nobody_verified_is_kept_and_does_not_count(client, manager):
    row = assessed(
        client,
        line("fiat", "10000000", by=manager),
        line("fiat", "90000000", by=manager, verified_by=""),
        by=manager,
    )

    assert row.net_worth == row.liquid_net_worth == 10_000_000
    assert row.lines.count() == 2


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"lines": []}, "at least one line"),
        ({"lines": "x"}, "not a list"),
        ({"lines": [[]]}, "not a list"),
        ({"debts": [{}]}, "What a debt is is missing"),
        ({"assessed_date": "2026-03-05"}, "to come"),
        ({"source_of_wealth": ""}, "source of wealth is missing"),
        ({"source_of_funds": ""}, "source of funds is missing"),
        ({"payment_history": "good"}, "from the list"),
        ({"payment_argument": " "}, "payment history rests on is missing"),
        ({"factors": {"smf_z": {}}}, "nobody knows"),
        ({"factors": []}, "score is missing"),
        ({"factors": argued(score="6")}, "from the list"),
        ({"factors": argued(score="0")}, "from the list"),
        ({"income": "5"}, "somebody has verified"),
        ({"client": "C999"}, "no client"),
    ],
)
def test_what_cannot_be_is_refused_in_words(client, officer, fields, why):
    payload = application(client, by=officer) | fields
    with pytest.raises(Invalid, match=why):
        propose("credit_assessment", payload, by=officer, reason="x", now=NOON)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"value": "0"}, "above zero"),
        ({"value": "-1"}, "between"),
        ({"value": "1.001"}, "decimals"),
        ({"asset_class": "gold"}, "from the list"),
        ({"liquid": ""}, "liquid or not is missing"),
        ({"liquid": "maybe"}, "from the list"),
        ({"evidence_type": "word of honour"}, "from the list"),
        ({"evidence_reference": ""}, "where the evidence is is missing"),
        ({"evidence_date": "2026-03-05"}, "to come"),
        ({"evidence_date": "2025-09-04"}, "too old"),
        ({"verified_by": "nobody"}, "nobody who verifies"),
        ({"described": "x" * 201}, "200 characters"),
    ],
)
def test_a_line_that_cannot_be_is_refused_in_words(client, officer, fields, why):
    with pytest.raises(Invalid, match=why):
        asked(client, line(by=officer, **fields), by=officer)


def test_who_does_not_verify_evidence_is_not_named_as_who_did(client, officer):
    for role in (Role.DEALING, Role.AUDITOR, Role.FINANCE):
        with pytest.raises(Invalid, match="nobody who verifies"):
            asked(client, line(by=officer, verified_by=staff(role).username), by=officer)


@pytest.mark.rule("VAF-18")
def test_a_manager_assesses_no_stranger(manager):
    with pytest.raises(NotAllowed):
        asked(margin_account().client, by=manager)


def test_of_two_assessments_the_second_is_stale(client, manager, officer):
    first, second = asked(client, by=manager), asked(client, by=manager)
    approve(first, by=officer, reason="x", now=NOON)
    with pytest.raises(Stale, match="Grade was none when proposed"):
        approve(second, by=officer, reason="x", now=NOON)


@pytest.mark.rule("VAF-5")
def test_the_discount_is_the_houses_at_that_time_and_old_ones_stay_as_they_were(client, manager):
    before = assessed(client, line("virtual", "10000000", by=manager), by=manager)
    name = DISCOUNTS[AssetClass.VIRTUAL].name
    payload = {"parameter": name, "value": "0.75", "source": "committee", "verified": "yes"}
    proposal = propose("parameter", payload, by=staff(Role.RISK_OFFICER), reason="crash", now=NOON)
    approve(proposal, by=staff(Role.MIC_RM), reason="agreed", now=NOON)

    after = assessed(client, line("virtual", "10000000", by=manager), by=manager, now=NOON + DAY)

    assert [row.lines.get().counted for row in (before, after)] == [4_000_000, 2_500_000]
    assert [row.virtual for row in (before, after)] == [4_000_000, 2_500_000]


def test_the_last_assessment_holds_and_each_day_is_told_by_its_own(client, manager):
    first = assessed(client, by=manager)
    second = assessed(client, by=manager, now=NOON + 10 * DAY)

    assert last_assessment(client, on=TODAY - DAY) is None
    assert last_assessment(client, on=TODAY + 9 * DAY) == first
    assert last_assessment(client, on=TODAY + 10 * DAY) == second


def test_a_day_ends_at_midnight_in_hong_kong(client, manager):
    late = NOON.replace(hour=15, minute=59)  # 23:59 in Hong Kong.
    row = assessed(client, by=manager, now=late)

    assert last_assessment(client, on=TODAY) == row
    assert last_assessment(client, on=TODAY - DAY) is None


# --- What the database holds ---------------------------------------------------------------------


@pytest.mark.rule("SMF-12")
def test_nothing_of_an_assessment_is_edited_added_or_taken_away(client, manager):
    row = assessed(client, by=manager)

    with refused("onboarding_creditassessment_append_only"):
        CreditAssessment.objects.update(grade="A")
    with refused("onboarding_networthline_append_only"):
        NetWorthLine.objects.update(value=1)
    with refused("onboarding_networthline_append_only"):
        sql("DELETE FROM onboarding_networthline")
    with guards_down():
        sql("UPDATE onboarding_creditassessment SET txid = '1'")  # As if made in another act.
    with refused("credit_assessment_is_whole"):
        NetWorthLine.objects.create(
            assessment=row, asset_class="fiat", described="x", value=1, discount=0, is_liquid=True
        )
    with refused("credit_assessment_is_whole"):
        DebtLine.objects.create(assessment=row, described="x", amount=1, within_a_year=True)


@pytest.mark.rule("VAF-5")
@pytest.mark.rule("SMF-11")
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"checker": "maker"}, "credit_assessment_maker_is_not_checker"),
        ({"factors": {}}, "credit_assessment_argues_the_guidelines_factors"),
        ({"counts_virtual": True}, "credit_assessment_argues_the_virtual_factors"),
        ({"virtual": 1}, "credit_assessment_argues_the_virtual_factors"),
        (
            {"counts_virtual": True, "of_firm": True, "factors": "but the seventh"},
            "credit_assessment_argues_the_firms_group",
        ),
        ({"factors": "unargued"}, "credit_assessment_factors_are_argued"),
        ({"factors": "unscored"}, "credit_assessment_factors_are_argued"),
        ({"factors": "scored six"}, "credit_assessment_factors_are_argued"),
        ({"source_of_wealth": ""}, "credit_assessment_says_why"),
        ({"house_conditions": ""}, "credit_assessment_says_why"),
        ({"income": 1}, "credit_assessment_income_is_verified"),
        ({"grade": "E"}, "credit_assessment_nothing_on_an_e"),
        ({"review_date": TODAY + 367 * DAY}, "credit_assessment_reviewed_within_a_year"),
    ],
)
def test_the_database_holds_what_an_assessment_needs(client, manager, fields, constraint):
    good = assessed(client, by=manager, factors=argued(*SMF))
    whole = {name: {"score": 1, "argument": "x", "evidence": "x"} for name in SMF}
    without = {part: value for part, value in whole["smf_a"].items() if part != "score"}
    words = {
        "but the seventh": whole | {name: whole["smf_a"] for name in VIRTUAL if name != "va_g"},
        "unargued": whole | {"smf_a": whole["smf_a"] | {"argument": " "}},
        "unscored": whole | {"smf_a": without},
        "scored six": whole | {"smf_a": whole["smf_a"] | {"score": 6}},
        "maker": good.maker,
    }
    row = {f.attname: getattr(good, f.attname) for f in CreditAssessment._meta.fields}
    row |= {"id": None, "proposal_id": None}
    for name, value in fields.items():
        value = words.get(value, value) if isinstance(value, str) else value
        row[f"{name}_id" if name == "checker" else name] = getattr(value, "pk", value)
    with refused(constraint):
        CreditAssessment.objects.bulk_create([CreditAssessment(**row)])


@pytest.mark.rule("VAF-5")
def test_virtual_assets_are_not_slipped_under_an_assessment_that_argues_none(client, manager):
    row = assessed(client, by=manager, factors=argued(*SMF))
    with refused("credit_assessment_argues_what_it_counts"):
        NetWorthLine.objects.create(
            assessment=row,
            asset_class="virtual",
            described="x",
            value=1,
            discount=0,
            is_liquid=True,
        )


def test_a_line_is_verified_by_evidence_or_by_nobody(client, manager):
    row = assessed(client, by=manager)
    fields = {"asset_class": "fiat", "described": "x", "discount": 0, "is_liquid": True}
    with refused("net_worth_line_verified_by_evidence"):
        row.lines.create(value=1, verified_by=manager, **fields)
    with refused("net_worth_line_is_worth_something"):
        row.lines.create(value=0, **fields)
    with refused("debt_line_is_owed"):
        row.debt_lines.create(described="x", amount=0, within_a_year=True)


def test_a_client_that_is_closed_is_not_assessed(manager, officer):
    house()
    closed = Client.objects.create(number="C1", name="Gone", kind=Kind.PERSON)
    move(closed, Client.close, reason="x", now=NOON)
    with pytest.raises(Invalid, match="closed"):
        asked(closed, by=officer)
