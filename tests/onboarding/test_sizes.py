"""Above a dated size another hand decides; where nobody set a size, it is the higher one."""

from datetime import timedelta
from decimal import Decimal

import pytest

from onboarding.approvals import Invalid, approve, propose
from onboarding.hands import CREDIT_LIMIT
from onboarding.sizes import ApprovalSize, deciders, size_of
from onboarding.users import Role
from tests.factories import NOON, staff
from tests.proofs import refused

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


def set_size(amount, *, now=NOON, effective_at=""):
    proposal = propose(
        "approval_size",
        {"command": "credit_limit", "amount": amount, "effective_at": effective_at},
        by=staff(Role.RISK_OFFICER),
        reason="policy 4",
        now=now,
    )
    return approve(proposal, by=staff(Role.MIC_RM), reason="agreed", now=now)


def who(amount, *, now=NOON):
    return deciders(CREDIT_LIMIT, "credit_limit", Decimal(amount), now=now)


@pytest.mark.rule("VAF-18")
def test_where_no_size_is_set_the_higher_hand_decides():
    assert who("0.01") == {Role.MIC_RM}


@pytest.mark.rule("VAF-18")
def test_the_size_itself_is_the_usual_hands_and_a_cent_more_is_not():
    set_size("5000000")

    assert who("5000000") == {Role.CREDIT_OFFICER}
    assert who("5000000.01") == {Role.MIC_RM}


def test_a_size_holds_from_its_time_on():
    set_size("5000000")
    set_size("9000000", effective_at="2026-03-05T12:00:00+08:00")

    assert size_of("credit_limit", now=NOON) == 5_000_000
    assert size_of("credit_limit", now=NOON + DAY) == 9_000_000
    assert size_of("credit_limit", now=NOON - DAY) is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"command": "burn"}, "no command"),
        ({"amount": "-1"}, "between"),
        ({"amount": "NaN"}, "between"),
        ({"amount": "1.001"}, "decimals"),
        ({"amount": "much"}, "not a number"),
        ({"amount": ""}, "missing"),
    ],
)
def test_a_size_that_cannot_be_is_refused_when_proposed(fields, why):
    asked = {"command": "credit_limit", "amount": "5000000"} | fields
    with pytest.raises(Invalid, match=why):
        propose("approval_size", asked, by=staff(Role.RISK_OFFICER), reason="x", now=NOON)


def test_a_size_is_never_edited():
    set_size("5000000")
    with refused("onboarding_approvalsize_append_only"):
        ApprovalSize.objects.update(amount=1)
