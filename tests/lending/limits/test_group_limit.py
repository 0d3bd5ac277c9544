"""What a group owes together stays within its limit, however its members come for it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from lending.limits.effective import effective_room
from lending.limits.group_limit import GroupLimit, exposure_of, group_room, limit_in_force
from lending.loans.draw import DrawRefused, draw
from lending.margin.account import MarginAccount
from lending.trading.buy import buy
from lending.trading.venues import venue_named
from onboarding.approvals import Invalid, NotAllowed, Stale, approve, propose
from onboarding.users import Role
from tests.factories import NOON, give, margin_account, owe, price, staff
from tests.lending.limits.groups import connect, limited, payload
from tests.proofs import refused, together

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def three():
    """Three accounts of three clients, of whom the first two are connected; a bitcoin each."""
    accounts = [margin_account(pledged={"BTC": "1"}) for _ in range(3)]
    price("BTC", "700000", at=NOON)
    connect(*accounts[:2])
    return accounts


def lend(account, amount, *, key=None, now=NOON):
    return draw(account, Decimal(amount), key=key or f"{account}-{amount}", now=now)


def refusal(account, amount, **how) -> str:
    with pytest.raises(DrawRefused) as told:
        lend(account, amount, **how)
    return str(told.value)


@pytest.mark.rule("SMF-6")
@pytest.mark.rule("SMF-9")
def test_members_draw_to_the_limit_together_and_not_a_cent_more(three):
    one, two, stranger = three
    limited(one, "300000")
    lend(one, "200000")

    why = refusal(two, "100000.01")
    lend(two, "100000")
    refusal(one, "0.01")
    lend(stranger, "200000")

    assert exposure_of([one.client_id, two.client_id]) == 300_000
    assert "those connected with you together" in why
    assert "200,000" not in why  # What another owes is nobody else's to know.
    assert "100,000" not in why


@pytest.mark.rule("SMF-9")
def test_interest_and_deficits_of_all_members_are_counted(three):
    one, two, _ = three
    limited(one, "300000")
    owe(two, "250000")
    assert group_room(one.client_id, now=NOON).left == 50_000
    assert "together" in refusal(one, "50000.01")
    lend(one, "50000")


@pytest.mark.rule("SMF-6")
def test_a_group_without_a_limit_is_lent_nothing(three):
    one, _, stranger = three
    assert "together" in refusal(one, "1")
    lend(stranger, "1")


@pytest.mark.rule("SMF-6")
def test_the_effective_limit_is_the_tighter_of_the_two(three):
    one, two, stranger = three
    limited(one, "300000")
    small = margin_account(credit_limit="50000")
    connect(one, two, small)
    limited(one, "300000", now=NOON + HOUR)

    def left(account):
        room = effective_room(MarginAccount.objects.get(pk=account.pk), now=NOON + HOUR)
        return room.left, room.is_groups

    assert left(one) == (300_000, True)
    assert left(small) == (50_000, False)
    assert left(stranger) == (1_000_000_000, False)
    owe(two, "280000")
    assert left(one) == left(small) == (20_000, True)


@pytest.mark.rule("SMF-9")
def test_a_purchase_is_held_to_it_too(three):
    one, two, _ = three
    limited(one, "100000")
    lend(two, "90000")
    give(one, {"BTC": "1"})
    btc = one.pool.holdings.get().asset
    with pytest.raises(DrawRefused, match="together"):
        buy(one, btc, Decimal(20_000), venue=venue_named("paper"), key="k", now=NOON)


# --- Which row holds -----------------------------------------------------------------------------


def test_the_last_row_that_names_all_members_holds_and_a_lower_one_binds_at_once(three):
    one, two, _ = three
    limited(one, "300000")
    limited(two, "100000", now=NOON + HOUR)
    members = [one.client_id, two.client_id]

    assert limit_in_force(members, now=NOON).amount == 300_000
    assert limit_in_force(members, now=NOON + HOUR).amount == 100_000
    limited(two, "500000", now=NOON + 2 * HOUR)
    assert limit_in_force(members, now=NOON + 2 * HOUR).amount == 500_000


@pytest.mark.rule("SMF-9")
def test_where_two_groups_become_one_the_tighter_holds_until_both_are_looked_at():
    one, two, three, four = (margin_account() for _ in range(4))
    connect(one, two)
    limited(one, "900000")
    connect(three, four)
    limited(three, "400000", now=NOON + HOUR)
    connect(one, two, three, four)
    everybody = [each.client_id for each in (one, two, three, four)]

    assert limit_in_force(everybody, now=NOON + HOUR).amount == 400_000
    limited(one, "1000000", now=NOON + 2 * HOUR)
    assert limit_in_force(everybody, now=NOON + 2 * HOUR).amount == 1_000_000


def test_a_row_of_strangers_is_nobodys_limit(three):
    one, two, stranger = three
    limited(one)

    assert limit_in_force([stranger.client_id], now=NOON) is None
    assert group_room(stranger.client_id, now=NOON) is None


# --- Maker and checker ---------------------------------------------------------------------------


@pytest.mark.rule("SMF-6")
@pytest.mark.rule("VAF-18")
def test_a_limit_is_two_peoples_and_says_what_they_saw(three):
    one, two, _ = three
    owe(two, "70000")
    officer = staff(Role.CREDIT_OFFICER)
    proposal = propose("group_limit", payload(one), by=officer, reason="x", now=NOON)

    said = {label: after for label, _, after in proposal.difference}
    assert said["Limit of the group"] == "HKD 1,000,000.00"
    assert said["Owed together now"] == "HKD 70,000.00"
    assert two.client.number in said["Its members"]
    with pytest.raises(NotAllowed):
        approve(proposal, by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON)
    approve(proposal, by=staff(Role.MIC_RM), reason="x", now=NOON)
    row = GroupLimit.objects.get()
    assert (row.members, row.maker) == (sorted([one.client_id, two.client_id]), officer)


def test_a_proposal_for_other_members_than_there_are_now_is_stale(three):
    one, two, stranger = three
    proposal = propose(
        "group_limit", payload(one), by=staff(Role.CREDIT_OFFICER), reason="x", now=NOON
    )
    connect(one, two, stranger)
    with pytest.raises(Stale, match="Its members"):
        approve(proposal, by=staff(Role.MIC_RM), reason="x", now=NOON)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"amount": "-1"}, "between"),
        ({"assessment": ""}, "missing"),
        ({"review_date": "2026-03-04"}, "within a year"),
        ({"review_date": "2027-03-06"}, "within a year"),
        ({"client": "C999"}, "no client"),
    ],
)
def test_what_cannot_be_is_refused(three, fields, why):
    with pytest.raises(Invalid, match=why):
        limited(three[0], **fields)


def test_who_stands_alone_has_no_group_to_limit(three):
    with pytest.raises(Invalid, match="no other client"):
        limited(three[2])


def test_the_same_limit_again_is_no_proposal(three):
    limited(three[0])
    with pytest.raises(Invalid, match="already"):
        limited(three[1], now=NOON + HOUR)


@pytest.mark.rule("SMF-6")
def test_the_database_holds_what_a_limit_needs(three):
    row = limited(three[0])
    fields = {f.attname: getattr(row, f.attname) for f in GroupLimit._meta.fields} | {"id": None}

    for wrong, constraint in (
        ({"checker_id": row.maker_id}, "group_limit_maker_is_not_checker"),
        ({"amount": -1}, "group_limit_says_why"),
        ({"assessment": ""}, "group_limit_says_why"),
        ({"members": [1]}, "group_limit_is_of_several"),
        ({"review_date": NOON.date() + 367 * DAY}, "group_limit_reviewed_within_a_year"),
    ):
        with refused(constraint):
            GroupLimit.objects.bulk_create([GroupLimit(**(fields | wrong))])
    with refused("lending_grouplimit_append_only"):
        GroupLimit.objects.update(amount=1)


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.rule("SMF-9")
@pytest.mark.django_db(transaction=True)
def test_two_members_who_draw_at_once_do_not_exceed_the_limit_of_their_group():
    one, two = (margin_account(pledged={"BTC": "1"}) for _ in range(2))
    price("BTC", "700000", at=NOON)
    connect(one, two)
    limited(one, "300000")

    outcomes = together(
        *(lambda account=account: lend(account, "200000") for account in (one, two, one, two))
    )

    refusals = [each for each in outcomes if isinstance(each, DrawRefused)]
    made = {each.pk for each in outcomes if not isinstance(each, Exception)}
    assert len(made) == 1
    assert len(refusals) == 2
    assert {str(each)[:17] for each in refusals} == {"This is more than"}
    assert exposure_of([one.client_id, two.client_id]) == 200_000
