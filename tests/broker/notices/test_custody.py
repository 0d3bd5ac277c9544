"""What is told of custody: once, to whom it concerns, and in time."""

from datetime import date, timedelta

import pytest

from broker.notices.custody import announce_licences, keep_authorities
from broker.notices.notice import Notice
from collateral.custody.authority import StandingAuthority
from onboarding.users import Role
from tests.factories import NOON, client_user, house, margin_account, staff
from tests.factories.custody import an_authority, place

pytestmark = pytest.mark.django_db


@pytest.mark.rule("JC-7")
def test_an_ending_licence_is_told_sixty_thirty_and_seven_days_before_and_when_it_is_over():
    house()
    people = [staff(Role.OPERATIONS), staff(Role.COMPLIANCE)]
    ends = NOON + timedelta(days=70)
    place("ENDS", kind="platform", number="AAA002", expires_on=ends.date())
    told = []
    for days in range(75):
        before = Notice.objects.count()
        announce_licences(now=NOON + timedelta(days=days))
        if Notice.objects.count() > before:
            told.append(70 - days)

    assert told == [60, 30, 7, -1]
    assert set(Notice.objects.values_list("recipient", flat=True)) >= {each.pk for each in people}
    assert Notice.objects.filter(subject="The licence of ENDS has run out").exists()
    assert Notice.objects.filter(subject="The licence of ENDS ends in 30 days").exists()


def authority(account):
    return an_authority(account, ends=date(2026, 3, 24))


@pytest.mark.rule("CSR-4")
def test_a_client_is_reminded_once_and_told_that_silence_renewed():
    account = margin_account()
    signs = client_user(account)
    authority(account)

    assert keep_authorities(now=NOON) == (1, 0)
    assert keep_authorities(now=NOON) == (0, 0)
    assert keep_authorities(now=NOON + timedelta(days=21)) == (0, 1)

    assert list(Notice.objects.order_by("pk").values_list("recipient", "subject")) == [
        (signs.pk, "Your standing authority ends on 24 Mar 2026"),
        (signs.pk, "Your standing authority is renewed until 24 Mar 2027"),
    ]


@pytest.mark.rule("CSR-4")
def test_where_there_is_nobody_to_tell_silence_renews_nothing():
    account = margin_account()
    authority(account)

    assert keep_authorities(now=NOON) == (0, 0)
    assert keep_authorities(now=NOON + timedelta(days=21)) == (0, 0)
    assert StandingAuthority.objects.count() == 1
