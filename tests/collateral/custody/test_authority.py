"""A standing authority lasts as long as the rule lets it, and nothing is pledged on without one."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.reports.repledge import repledge_report
from collateral.assets import Asset
from collateral.custody.authority import (
    Given,
    StandingAuthority,
    authority_of,
    mark_reminded,
    renew_silent,
    to_remind,
    twelve_months_from,
)
from collateral.custody.repledge import Repledge, repledge_test
from onboarding.approvals import Invalid, approve, propose
from onboarding.entity import Feature, LegalEntity, ProductSwitch
from onboarding.users import Role, User
from tests.factories import LONG_AGO, NOON, margin_account, price, staff
from tests.proofs import refused

TODAY = date(2026, 3, 4)
LAST = date(2027, 3, 3)


def on(day: date):
    return NOON + (day - TODAY)


@pytest.fixture
def account(db):
    return margin_account(pledged={"0700": "1000", "BTC": "1"})


def given_by(account, *, starts=TODAY, ends=LAST, at=NOON, **more) -> StandingAuthority:
    payload = {
        "client": account.client.number,
        "starts_on": f"{starts}",
        "expires_on": f"{ends}" if ends else "",
        "evidence": "Signed form",
    }
    proposal = propose(
        "standing_authority", payload | more, by=staff(Role.OPERATIONS), reason="x", now=at
    )
    approve(proposal, by=staff(Role.COMPLIANCE), reason="seen", now=at)
    return StandingAuthority.objects.latest("pk")


def ended_by(account, how, *, at):
    proposal = propose(
        "end_standing_authority",
        {"client": account.client.number, "how": how, "evidence": "A letter"},
        by=staff(Role.OPERATIONS),
        reason="x",
        now=at,
    )
    approve(proposal, by=staff(Role.COMPLIANCE), reason="seen", now=at)


def remind(day: date) -> list:
    due = list(to_remind(now=on(day)))
    for each in due:
        mark_reminded(each, now=on(day))
    return due


@pytest.mark.rule("CSR-4")
def test_it_lasts_to_its_last_day_and_at_most_twelve_months(account):
    given_by(account)

    assert authority_of(account.client, on=LAST)
    assert authority_of(account.client, on=LAST + timedelta(days=1)) is None
    with pytest.raises(Invalid, match="at most twelve months"):
        given_by(account, ends=LAST + timedelta(days=1))
    with pytest.raises(Invalid, match="at most twelve months"):
        given_by(account, ends=None)
    assert given_by(account, ends=None, professional="Status of 2 Mar 2026").expires_on is None


@pytest.mark.rule("CSR-4")
@pytest.mark.django_db
@given(st.dates(date(2026, 1, 1), date(2040, 1, 1)))
def test_twelve_months_are_the_databases_own(starts):
    from tests.proofs import sql

    [[fits, next_day_does]] = sql(
        "SELECT %s < %s::date + interval '12 months', %s < %s::date + interval '12 months'",
        *(twelve_months_from(starts), starts),
        *(twelve_months_from(starts) + timedelta(days=1), starts),
    )
    assert fits
    assert not next_day_does


@pytest.mark.rule("CSR-4")
def test_silence_renews_what_was_reminded_of_in_time(account):
    first = given_by(account)
    assert remind(LAST - timedelta(days=22)) == []
    assert remind(LAST - timedelta(days=14)) == [first]
    assert remind(LAST - timedelta(days=14)) == []
    assert renew_silent(now=on(LAST)) == [], "It holds on its last day."

    after = on(LAST + timedelta(days=1))
    [second] = renew_silent(now=after)

    assert renew_silent(now=after) == []
    assert (second.given, second.starts_on) == (Given.DEEMED, LAST + timedelta(days=1))
    assert second.expires_on == twelve_months_from(second.starts_on)


@pytest.mark.rule("CSR-4")
def test_it_lapses_where_nobody_reminded_in_time(account):
    given_by(account)
    assert remind(LAST - timedelta(days=13)) == []

    assert renew_silent(now=on(LAST + timedelta(days=1))) == []
    assert authority_of(account.client, on=LAST + timedelta(days=1)) is None


@pytest.mark.rule("CSR-4")
@pytest.mark.parametrize("how", ["objection", "revocation"])
def test_it_lapses_where_the_client_says_no(account, how):
    given_by(account)
    remind(LAST - timedelta(days=20))
    ended_by(account, how, at=on(LAST - timedelta(days=2)))

    still = authority_of(account.client, on=LAST)
    assert (still is None) == (how == "revocation")
    assert renew_silent(now=on(LAST + timedelta(days=1))) == []


@pytest.mark.rule("CSR-4")
def test_a_new_paper_goes_before_silence(account):
    given_by(account)
    remind(LAST - timedelta(days=20))
    day = LAST + timedelta(days=1)
    given_by(account, starts=day, ends=day, at=on(LAST))

    assert renew_silent(now=on(LAST + timedelta(days=1))) == []


@pytest.mark.rule("CSR-4")
def test_the_database_lets_nobody_say_that_silence_renewed(account):
    first = given_by(account)
    start = LAST + timedelta(days=1)
    deemed = {
        "client": account.client,
        "given": Given.DEEMED,
        "starts_on": start,
        "expires_on": start,
        "recorded_at": NOON,
        "renews": first,
    }
    with refused("authority_renewed_only_as_the_rule_allows"):
        StandingAuthority.objects.create(**deemed)
    StandingAuthority.objects.update(reminded_on=LAST - timedelta(days=13))
    with refused("authority_renewed_only_as_the_rule_allows"):
        StandingAuthority.objects.create(**deemed)
    with refused("authority_days_are_written_once"):
        StandingAuthority.objects.update(reminded_on=LAST - timedelta(days=14))
    with refused("collateral_standingauthority_append_only"):
        StandingAuthority.objects.update(expires_on=LAST - timedelta(days=14))
    with refused("authority_lasts_twelve_months"):
        StandingAuthority.objects.create(
            client=account.client,
            given=Given.WRITTEN,
            starts_on=TODAY,
            expires_on=LAST + timedelta(days=1),
            evidence="x",
            recorded_at=NOON,
            maker=User.objects.get(username="maker"),
            checker=User.objects.get(username="checker"),
        )


# --- Pledging on ---------------------------------------------------------------------------------


def pledged_on(account, code="0700"):
    Repledge.objects.create(
        pool=account.pool,
        asset=Asset.objects.get(code=code),
        units=1000,
        lender="A bank",
        reference="R1",
        pledged_at=NOON,
        maker=User.objects.get(username="maker"),
        checker=User.objects.get(username="checker"),
    )


def switch_on():
    ProductSwitch.objects.create(
        entity=LegalEntity.objects.get(),
        feature=Feature.SECURITIES_REPLEDGE,
        on=True,
        notification="N1",
        notified_date=TODAY,
        effective_at=LONG_AGO,
        reason="x",
        maker=User.objects.get(username="maker"),
        checker=User.objects.get(username="checker"),
    )


@pytest.mark.rule("VAF-16", "CSR-5")
def test_a_virtual_asset_is_never_pledged_on_whatever_is_switched_on(account):
    switch_on()
    given_by(account)
    with refused("repledge_of_securities_alone"):
        pledged_on(account, "BTC")


@pytest.mark.rule("CSR-5")
def test_nothing_is_pledged_on_while_the_switch_is_off_as_it_is_by_default(account):
    given_by(account)
    with refused("repledge_while_switched_on"):
        pledged_on(account)


@pytest.mark.rule("CSR-4", "CSR-5")
def test_nothing_is_pledged_on_without_an_authority(account):
    switch_on()
    with refused("repledge_under_an_authority"):
        pledged_on(account)
    given_by(account)
    pledged_on(account)
    assert Repledge.objects.count() == 1


@pytest.mark.rule("CSR-6")
def test_the_limit_is_that_of_the_worked_example():
    """E10: loans 800, re-pledged 1,150."""
    million = Decimal(1_000_000)
    found = repledge_test(loans=800 * million, repledged=1150 * million)

    assert found.limit == 1120 * million
    assert found.ratio == Decimal("1.4375")
    assert found.take_back == 30 * million
    assert not found.is_within
    assert repledge_test(loans=800 * million, repledged=1120 * million).is_within
    assert repledge_test(loans=Decimal(0), repledged=Decimal(0)).is_within


@pytest.mark.rule("CSR-6")
@given(st.decimals(0, 10**9, places=2, allow_nan=False), st.decimals(0, 10**9, places=2))
def test_taking_back_what_is_asked_is_enough_and_a_cent_less_is_not(loans, repledged):
    found = repledge_test(loans=loans, repledged=repledged)
    assert repledge_test(loans=loans, repledged=repledged - found.take_back).is_within
    if found.take_back:
        almost = repledged - found.take_back + Decimal("0.01")
        assert not repledge_test(loans=loans, repledged=almost).is_within


@pytest.mark.rule("CSR-6")
def test_the_report_is_there_while_nothing_is_pledged_on_and_leaves_va_financing_out(account):
    margin_account(owed="1000", pledged={"0700": "100"})
    margin_account(owed="5000", pledged={"BTC": "1", "0700": "100"})

    found = repledge_report(now=NOON)

    assert (found.loans, found.repledged, found.limit) == (1000, 0, 1400)
    switch_on()
    given_by(account)
    pledged_on(account)
    assert repledge_report(now=NOON) is None, "It has never had a price."
    price("0700", "400", at=NOON)
    assert repledge_report(now=NOON).take_back == 400_000 - 1400
