"""The policy is one table: whole, possible in every row, and silent where nothing is asked."""

import pytest

from lending.margin.account import MarginAccount, State
from lending.margin.bands import Band, Standing
from lending.margin.call import OPEN, RUNNING, CallState, MarginCall
from lending.margin.policy import POLICY, WATCHED

# The states that an account and its open call may have in a standing.
ACCOUNT = {
    Standing.HEALTHY: {State.HEALTHY},
    Standing.WARNED: {State.WARNED},
    Standing.CALLED: {State.CALLED},
    Standing.ACCELERATED: {State.CALLED},
    Standing.OVERDUE: {State.CALLED},
}
CALL = {
    Standing.CALLED: set(RUNNING),
    Standing.ACCELERATED: set(RUNNING),
    Standing.OVERDUE: {CallState.OVERDUE},
}
# The worst of a healthy or warned account is past the hard line; only one in call is late.
LATE = {Band.LAPSED, Band.OVERDUE, Band.HELD}


def sources(step) -> dict[str, str]:
    """Where `step` starts from, and where each start leads to."""
    ways = step._django_fsm.transitions
    return {source: way.target or source for source, way in ways.items()}


def after(act, states, which, start):
    step = getattr(act, which)
    return {sources(step).get(state) for state in states} if step else start


@pytest.mark.parametrize("pair", POLICY, ids=str)
def test_every_step_is_possible_where_it_is_asked(pair):
    standing, _ = pair
    act = POLICY[pair]
    calls = {CallState.ISSUED} if act.issue else CALL.get(standing, set())

    if act.account:
        assert ACCOUNT[standing] <= set(sources(act.account))
    if act.call:
        assert calls
        assert calls <= set(sources(act.call))


@pytest.mark.rule("SMF-42")
@pytest.mark.parametrize("pair", POLICY, ids=str)
def test_an_account_in_call_has_an_open_call_and_no_other_has(pair):
    """Called or being sold: a call is open. Healthy or warned: none is."""
    standing, _ = pair
    act = POLICY[pair]
    calls = {CallState.ISSUED} if act.issue else CALL.get(standing, set())

    accounts_after = after(act, ACCOUNT[standing], "account", ACCOUNT[standing])
    calls_after = after(act, calls, "call", calls)

    in_call = accounts_after <= {State.CALLED, State.LIQUIDATING}
    if in_call:
        assert calls_after
        assert calls_after <= set(OPEN)
    else:
        assert accounts_after <= {State.HEALTHY, State.WARNED}
        assert not calls_after & set(OPEN)


@pytest.mark.rule("SMF-42")
@pytest.mark.parametrize("pair", POLICY, ids=str)
def test_a_sale_begins_for_the_account_and_its_call_together(pair):
    act = POLICY[pair]
    sells = act.account is MarginAccount.liquidate

    assert sells == (act.call in (MarginCall.liquidate, MarginCall.expire))


@pytest.mark.rule("SMF-41")
@pytest.mark.parametrize("standing", [Standing.HEALTHY, Standing.WARNED])
@pytest.mark.parametrize("band", [Band.CALL, Band.ACCELERATED, Band.HARD])
def test_whoever_is_short_is_called(standing, band):
    assert POLICY[standing, band].issue


@pytest.mark.rule("SMF-41")
def test_nobody_is_called_twice():
    issuing = {standing for (standing, _), act in POLICY.items() if act.issue}

    assert issuing == {Standing.HEALTHY, Standing.WARNED}


@pytest.mark.rule("VAF-10")
@pytest.mark.parametrize("standing", ACCOUNT)
def test_past_the_hard_line_everybody_is_sold_and_watched_before(standing):
    assert POLICY[standing, Band.HARD].account is MarginAccount.liquidate
    assert standing in WATCHED


def test_only_the_deadline_and_the_hard_line_sell():
    selling = {band for (_, band), act in POLICY.items() if act.account is MarginAccount.liquidate}

    assert selling == {Band.HARD, Band.OVERDUE}


@pytest.mark.parametrize("standing", ACCOUNT)
def test_who_is_covered_is_left_alone_or_let_go(standing):
    act = POLICY.get((standing, Band.COVERED))

    if standing == Standing.HEALTHY:
        assert act is None
    else:
        assert sources(act.account)[ACCOUNT[standing].copy().pop()] == State.HEALTHY


def test_every_pair_that_can_be_read_is_answered_or_asks_for_nothing():
    """What is missing of the table, by name: nothing is to be done there."""
    possible = {
        (standing, band)
        for standing in ACCOUNT
        for band in Band
        if standing in CALL or band not in LATE
    }

    assert possible - set(POLICY) == {
        (Standing.HEALTHY, Band.COVERED),
        (Standing.WARNED, Band.WARN),
        (Standing.CALLED, Band.HELD),
        (Standing.CALLED, Band.CALL),
        (Standing.ACCELERATED, Band.HELD),
        (Standing.ACCELERATED, Band.CALL),
        (Standing.ACCELERATED, Band.ACCELERATED),
        (Standing.OVERDUE, Band.HELD),
        # An overdue account is past its deadline already: these two are bands of a running call.
        (Standing.OVERDUE, Band.LAPSED),
        (Standing.OVERDUE, Band.OVERDUE),
    }


@pytest.mark.parametrize("standing", [Standing.LIQUIDATING, Standing.IN_DEFICIT, Standing.CLOSED])
def test_a_sale_ends_where_it_is_carried_out_and_an_ended_account_is_left_alone(standing):
    assert not [pair for pair in POLICY if pair[0] == standing]
    assert standing not in WATCHED
