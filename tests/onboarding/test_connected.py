"""What hangs together: laws of components, and when control binds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.connected import CONTROL, SPOUSE, Tie, binding, components

LEVEL = Decimal("0.35")
nodes = st.sampled_from([f"n{number}" for number in range(8)])
shares = st.decimals("0.01", "1", places=2)
ties = st.builds(
    lambda kind, one, other, share, key: Tie(
        kind, one, other, share if kind == CONTROL else None, key
    ),
    st.sampled_from([SPOUSE, CONTROL, "guarantor", "acting_for"]),
    nodes,
    nodes,
    shares,
    st.integers(1, 99),
).filter(lambda tie: tie.one != tie.other)
webs = st.lists(ties, max_size=12)


def found(web):
    return components(web, threshold=LEVEL)


@pytest.mark.rule("SMF-7")
@given(webs.flatmap(lambda web: st.tuples(st.just(web), st.permutations(web))))
def test_the_order_of_ties_does_not_matter(webs_):
    assert found(webs_[0]) == found(webs_[1])


@pytest.mark.rule("SMF-7")
@given(webs)
def test_a_node_is_in_one_component_with_everyone_it_is_bound_to(web):
    of = {}
    for component in found(web):
        for node in component.nodes:
            assert node not in of
            of[node] = component
    for tie in binding(web, threshold=LEVEL):
        assert of[tie.one] is of[tie.other]
        assert tie in of[tie.one].ties[tie.one]
        assert tie in of[tie.one].ties[tie.other]


@pytest.mark.rule("SMF-7")
@given(webs)
def test_nobody_is_in_a_component_without_a_tie_that_says_why(web):
    for component in found(web):
        reached, more = set(), {component.nodes[0]}
        while more:
            reached |= more
            more = {
                end for node in more for tie in component.ties[node] for end in (tie.one, tie.other)
            } - reached
        assert reached == set(component.nodes)
        assert all(component.ties[node] for node in component.nodes)


@given(webs, ties)
def test_another_tie_never_parts_anybody(web, more):
    before = {frozenset(each.nodes) for each in found(web)}
    after = [set(each.nodes) for each in found([*web, more])]

    assert all(any(group <= larger for larger in after) for group in before)


@pytest.mark.rule("SMF-7")
@pytest.mark.parametrize(("share", "binds"), [("0.3499", False), ("0.35", True), ("1", True)])
def test_control_binds_from_35_percent(share, binds):
    assert bool(found([Tie(CONTROL, "person", "firm", Decimal(share))])) is binds


@pytest.mark.rule("SMF-7")
def test_spouses_control_together():
    both = [
        Tie(CONTROL, "wife", "firm", Decimal("0.20")),
        Tie(CONTROL, "husband", "firm", Decimal("0.15")),
    ]
    assert found(both) == []

    [couple] = found([*both, Tie(SPOUSE, "wife", "husband")])

    assert couple.nodes == ("firm", "husband", "wife")


@pytest.mark.rule("SMF-7")
def test_strangers_holdings_are_not_added_up():
    web = [Tie(CONTROL, name, "firm", Decimal("0.3")) for name in ("a", "b", "c")]

    assert found(web) == []
