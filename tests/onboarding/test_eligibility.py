"""Who is a professional investor: laws of the count, then the book's own example."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.eligibility import (
    ASSETS_TEST,
    LIMBS,
    PORTFOLIO,
    PORTFOLIO_TEST,
    AssetClass,
    Category,
    Line,
    LineType,
    NotALine,
    Rest,
    Thresholds,
    assess,
)

LEVELS = Thresholds(
    Decimal(8_000_000), Decimal(8_000_000), Decimal(40_000_000), Decimal(40_000_000)
)
COUNTING = sorted(PORTFOLIO)
NEVER = sorted(set(AssetClass) - PORTFOLIO)
amounts = st.decimals(0, 100_000_000, places=2)


def own(amount, asset_class=AssetClass.SECURITIES, **fields) -> Line:
    return Line(LineType.OWN, asset_class, Decimal(amount), **fields)


def person(*lines, **asked):
    return assess(Category.INDIVIDUAL, thresholds=LEVELS, lines=lines, **asked)


def firm(*lines):
    return assess(Category.CORPORATE, thresholds=LEVELS, lines=lines)


def joint_other(amount, **fields):
    return Line(LineType.JOINT_OTHER, AssetClass.SECURITIES, Decimal(amount), **fields)


lines = st.builds(
    Line,
    type=st.sampled_from(LineType),
    asset_class=st.sampled_from(AssetClass),
    amount=amounts,
    share=st.none() | st.decimals(0, 1, places=4),
    holders=st.none() | st.integers(2, 9),
    is_valued=st.booleans(),
)


@pytest.mark.rule("PI-2")
@given(st.lists(lines, max_size=8), st.sampled_from([Category.INDIVIDUAL, Category.CORPORATE]))
def test_every_line_is_answered_and_none_counts_for_more_than_it_is(held, category):
    verdict = assess(category, thresholds=LEVELS, lines=held)

    assert [answer.line for answer in verdict.answers] == held
    assert all(0 <= answer.counted <= answer.line.amount for answer in verdict.answers)
    assert all(answer.why for answer in verdict.answers)
    assert sum(t.total for t in verdict.tests) == sum(a.counted for a in verdict.answers)


@given(st.lists(lines, max_size=6), lines)
def test_one_holding_more_never_undoes_a_pass(held, more):
    if person(*held).passed:
        assert person(*held, more).passed


@given(
    st.lists(lines, max_size=6).flatmap(
        lambda held: st.tuples(st.just(held), st.permutations(held))
    )
)
def test_the_order_of_lines_does_not_matter(orders):
    one, other = orders
    assert person(*one).passed == person(*other).passed
    assert person(*one).tests == person(*other).tests


@pytest.mark.rule("PI-6")
@pytest.mark.rule("PI-7")
@pytest.mark.parametrize("asset_class", NEVER)
@given(amount=amounts)
def test_what_is_not_on_the_list_never_counts(asset_class, amount):
    assert person(own(amount, asset_class)).total(PORTFOLIO_TEST) == 0
    assert firm(own(amount, asset_class)).total(PORTFOLIO_TEST) == 0


@pytest.mark.rule("PI-6")
@pytest.mark.parametrize("asset_class", COUNTING)
def test_what_is_on_the_list_counts_in_full(asset_class):
    verdict = person(own("8000000", asset_class, is_valued=True))

    assert verdict.passed
    assert verdict.answers[0].why == "in full"


@pytest.mark.rule("PI-7")
def test_coins_never_count_and_a_fund_of_them_does():
    assert not person(own("50000000", AssetClass.SPOT_VA)).passed
    assert person(own("8000000", AssetClass.VA_FUND)).passed


@pytest.mark.rule("PI-7")
def test_a_private_fund_needs_a_valuation():
    verdict = person(own("9000000", AssetClass.PRIVATE_FUND))

    assert not verdict.passed
    assert "valuation" in verdict.answers[0].why


@pytest.mark.rule("PI-2")
@pytest.mark.parametrize(
    ("amount", "passes"), [("7999999.99", False), ("8000000", True), ("8000000.01", True)]
)
def test_the_threshold_itself_is_enough_and_a_cent_less_is_not(amount, passes):
    assert person(own(amount)).passed is passes


@pytest.mark.rule("PI-2")
@pytest.mark.rule("PI-6")
@pytest.mark.rule("PI-7")
def test_the_books_example():
    """E12: 5m own, 2m with the spouse, half of 3m with a friend, 0.8m vehicle, 4m in BTC."""
    spouse = Line(LineType.JOINT_ASSOCIATE, AssetClass.SECURITIES, Decimal(2_000_000))
    others = (
        own("5000000"),
        joint_other("3000000", share=Decimal("0.5")),
        Line(LineType.VEHICLE, AssetClass.CUSTODY_CASH, Decimal(800_000)),
        own("4000000", AssetClass.SPOT_VA),
    )

    with_spouse, without = person(spouse, *others), person(*others)

    assert (with_spouse.total(PORTFOLIO_TEST), with_spouse.passed) == (Decimal("9300000.0"), True)
    assert (without.total(PORTFOLIO_TEST), without.passed) == (Decimal("7300000.0"), False)
    assert with_spouse.answers[-1].counted == 0


@pytest.mark.rule("PI-2")
@given(amount=amounts, holders=st.integers(2, 9))
def test_equal_shares_of_all_holders_never_add_up_to_more(amount, holders):
    counted = person(joint_other(amount, holders=holders)).total(PORTFOLIO_TEST)

    assert counted * holders <= amount < (counted + Decimal("0.01")) * holders


@pytest.mark.rule("PI-2")
def test_a_joint_account_of_which_nothing_is_known_does_not_count():
    assert person(joint_other("99000000")).total(PORTFOLIO_TEST) == 0


@pytest.mark.rule("PI-2")
def test_a_company_that_is_partly_owned_does_not_count():
    vehicle = Line(
        LineType.VEHICLE, AssetClass.SECURITIES, Decimal(9_000_000), share=Decimal("0.99")
    )

    assert not person(vehicle).passed


@pytest.mark.rule("PI-2")
def test_of_a_joint_client_each_must_pass_alone():
    rich, poor = own("8000000", holder="Chan"), own("7000000", holder="Lee")

    assert not person(rich, poor, holders=("Chan", "Lee")).passed
    assert person(rich, own("8000000", holder="Lee"), holders=("Chan", "Lee")).passed
    assert not person(rich, holders=("Chan", "Lee")).passed


@pytest.mark.rule("PI-3")
@pytest.mark.parametrize(
    ("portfolio", "assets", "passes"),
    [
        ("7999999.99", "39999999.99", False),
        ("8000000", "0", True),
        ("0", "40000000", True),
        ("4000000", "20000000", False),
    ],
)
def test_a_firm_passes_by_portfolio_or_by_total_assets(portfolio, assets, passes):
    whole = Line(LineType.TOTAL_ASSETS, AssetClass.OTHER, Decimal(assets))

    assert firm(own(portfolio), whole).passed is passes


@pytest.mark.rule("PI-3")
def test_total_assets_help_no_individual():
    assert not person(Line(LineType.TOTAL_ASSETS, AssetClass.OTHER, Decimal(90_000_000))).passed


@pytest.mark.rule("PI-5")
@pytest.mark.parametrize(
    ("amounts_", "passes"), [(("25000000", "15000000"), True), (("39999999.99",), False)]
)
def test_a_trustee_counts_all_trusts(amounts_, passes):
    held = [Line(LineType.TRUST_ASSETS, AssetClass.OTHER, Decimal(each)) for each in amounts_]
    verdict = assess(Category.TRUST, thresholds=LEVELS, lines=held)

    assert verdict.passed is passes
    assert verdict.total(ASSETS_TEST) == sum(map(Decimal, amounts_))


@pytest.mark.rule("PI-1")
def test_an_institution_is_named_by_its_paragraph_and_nothing_else():
    for limb in LIMBS:
        assert assess(Category.INSTITUTIONAL, thresholds=LEVELS, limb=limb).passed
    for limb in ("", "j", "ab", "A"):
        assert not assess(Category.INSTITUTIONAL, thresholds=LEVELS, limb=limb).passed


def rest(share="1", *, owner=True, professional=True, corporate=True) -> Rest:
    return Rest("Somebody", owner, Decimal(share), professional, corporate)


@pytest.mark.rule("PI-4")
@pytest.mark.parametrize(
    ("rests", "passes"),
    [
        ([rest()], True),
        ([rest("0.5"), rest("0.5")], True),
        ([rest("0.5"), rest("0.4")], False),
        ([rest("0.5"), rest("0.5", professional=False)], False),
        ([rest(owner=False)], True),
        ([rest("0.9", owner=False)], False),
        ([rest(owner=False, professional=False)], False),
        ([rest(owner=False, corporate=False)], False),
        ([], False),
    ],
)
def test_a_holding_corporation_rests_wholly_on_professionals(rests, passes):
    assert assess(Category.HOLDING, thresholds=LEVELS, rests=rests).passed is passes


@pytest.mark.parametrize(
    "line",
    [
        own("-1"),
        own("NaN"),
        own("Infinity"),
        own("1", share=Decimal("1.01")),
        own("1", holders=1),
        own("1", holder="a stranger"),
    ],
)
def test_nonsense_is_no_line(line):
    with pytest.raises(NotALine):
        person(line)
