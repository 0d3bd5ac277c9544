"""More of what is good never lowers a grade, and every point of the card says why it is there."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.credit.score import (
    JUDGED,
    STEP,
    Facts,
    Grade,
    GradeTerms,
    History,
    proposed_limit,
    score,
)
from onboarding.credit.worth import Debt, Holding, net_worth_of
from tests.onboarding.credit.test_worth import lines, owed
from tests.strategies import cents, haircuts, money, spreads

amounts = st.decimals(min_value=-(10**8), max_value=10**8, places=2)
scores = st.integers(1, 5)
BEST_FIRST = list(Grade)

facts = st.builds(
    Facts,
    net_worth=amounts,
    liquid_net_worth=amounts,
    net_worth_without_virtual=amounts,
    assets=money,
    debts=money,
    income=money,
    history=st.sampled_from(History),
    judged=st.fixed_dictionaries(dict.fromkeys(JUDGED, scores)),
    virtual=st.lists(scores, max_size=7),
)


def rank(facts: Facts) -> tuple[int, int]:
    """Greater is better: by grade, then by points."""
    card = score(facts)
    return -BEST_FIRST.index(card.grade), card.total


def a_client(**fields) -> Facts:
    usual = {
        "net_worth": Decimal(30_000_000),
        "liquid_net_worth": Decimal(10_000_000),
        "net_worth_without_virtual": Decimal(25_000_000),
        "assets": Decimal(32_000_000),
        "debts": Decimal(2_000_000),
        "income": Decimal(1_500_000),
        "history": History.CLEAN,
        "judged": dict.fromkeys(JUDGED, 2),
    }
    return Facts(**(usual | fields))


# --- Laws ----------------------------------------------------------------------------------------


@pytest.mark.rule("SMF-11")
@given(facts)
def test_the_points_add_up_and_none_is_more_than_it_may_be_or_unexplained(facts):
    card = score(facts)

    assert card.total == sum(each.points for each in card.points)
    assert sum(each.most for each in card.points) == 100
    for each in card.points:
        assert 0 <= each.points <= each.most
        assert each.characteristic
        assert each.why.endswith(".")


@pytest.mark.rule("SMF-11")
@given(
    facts,
    st.sampled_from(
        ["net_worth", "liquid_net_worth", "net_worth_without_virtual", "assets", "income"]
    ),
    cents,
)
def test_more_net_worth_or_income_never_lowers_the_grade(facts, name, more):
    assert rank(replace(facts, **{name: getattr(facts, name) + more})) >= rank(facts)


@given(facts, cents)
def test_more_debt_never_raises_it(facts, more):
    assert rank(replace(facts, debts=facts.debts + more)) <= rank(facts)


@pytest.mark.rule("SMF-11")
@given(facts, st.sampled_from(sorted(JUDGED)))
def test_a_weaker_factor_never_raises_it(facts, name):
    weaker = facts.judged | {name: min(5, facts.judged[name] + 1)}

    assert rank(replace(facts, judged=weaker)) <= rank(facts)


@pytest.mark.rule("VAF-5")
@given(facts, st.integers(0, 6))
def test_a_weaker_factor_of_virtual_assets_never_raises_it(facts, place):
    if facts.virtual:
        place %= len(facts.virtual)
        weaker = [min(5, given + (n == place)) for n, given in enumerate(facts.virtual)]
        assert rank(replace(facts, virtual=weaker)) <= rank(facts)


@pytest.mark.rule("VAF-5")
@given(facts)
def test_to_count_virtual_assets_never_scores_more_than_to_count_none(facts):
    assert rank(facts) <= rank(replace(facts, virtual=[]))


@given(facts)
def test_a_worse_history_never_raises_it(facts):
    ranks = [rank(replace(facts, history=history)) for history in History]

    assert ranks == sorted(ranks, reverse=True)


def of_lines(holdings: list[Holding], debts: list[Debt]) -> Facts:
    worth = net_worth_of(holdings, debts)
    return a_client(
        net_worth=worth.total,
        liquid_net_worth=worth.liquid,
        net_worth_without_virtual=worth.without_virtual,
        assets=worth.assets,
        debts=worth.debts,
    )


@pytest.mark.rule("SMF-11")
@given(lines, owed, st.integers(0, 5))
def test_a_line_that_somebody_verifies_never_lowers_the_grade(lines, owed, place):
    if lines:
        place %= len(lines)
        seen = [
            replace(line, verified=True) if n == place else line for n, line in enumerate(lines)
        ]
        assert rank(of_lines(seen, owed)) >= rank(of_lines(lines, owed))


@pytest.mark.rule("SMF-6")
@given(amounts, haircuts, cents, spreads)
def test_a_proposed_limit_is_a_share_of_net_worth_and_grows_with_it(worth, share, more, spread):
    terms = GradeTerms(share, spread, 365)
    limit = proposed_limit(worth, terms).limit

    assert 0 <= limit <= max(0, worth * share)
    assert limit % STEP == 0
    assert max(Decimal(0), worth * share) - limit < STEP
    assert proposed_limit(worth + more, terms).limit >= limit


# --- Examples ------------------------------------------------------------------------------------


@pytest.mark.rule("SMF-11")
def test_the_card_of_a_client_point_by_point():
    card = score(a_client(virtual=[2, 3, 2, 3, 3, 2]))

    assert [(each.points, each.most) for each in card.points] == [
        (16, 25), (12, 15), (5, 10), (10, 10), (12, 12),
        (3, 4), (3, 4), (3, 4), (3, 4), (7, 12),
    ]  # fmt: skip
    assert (card.total, card.grade, card.capped) == (74, Grade.B, "")
    assert card.points[0].why == "HKD 10,000,000.00 is HKD 8,000,000 or more."
    assert card.points[3].why == (
        "HKD 2,000,000.00 owed against HKD 32,000,000.00 of counted assets is 10% or less."
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"net_worth": Decimal(0)}, "nothing or less"),
        ({"history": History.DEFAULTED}, "default"),
        ({"judged": dict.fromkeys(JUDGED, 1) | {"smf_e": 5}}, "Adverse events"),
    ],
)
def test_some_things_make_the_grade_e_whatever_the_points(fields, why):
    card = score(a_client(**fields))

    assert card.grade == Grade.E
    assert card.total >= 50
    assert why in card.capped


def test_points_begin_at_the_amount_itself():
    below, at = (
        score(a_client(liquid_net_worth=Decimal(worth))).points[0].points
        for worth in ("7999999.99", "8000000")
    )
    assert (below, at) == (11, 16)


@pytest.mark.rule("SMF-6")
def test_a_limit_is_rounded_down_to_ten_thousand():
    terms = GradeTerms(Decimal("0.3"), Decimal("0.03"), 365)

    proposal = proposed_limit(Decimal("30099999.99"), terms)

    assert (proposal.limit, proposal.spread, proposal.review_days) == (
        9_020_000,
        Decimal("0.03"),
        365,
    )
