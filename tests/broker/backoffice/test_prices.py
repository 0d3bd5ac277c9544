"""The page of prices now: each asset with what was said of it, the venues, the incidents."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collateral.prices.listen import listen
from collateral.prices.price import HeldBack
from onboarding.users import Role
from tests.factories import NOON, house, price, staff
from tests.factories.prices import VENUES, SaidFeed

pytestmark = pytest.mark.django_db
PAGE = "/staff/prices/"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    house()
    return time_machine


@pytest.fixture
def reader(client):
    client.force_login(staff(Role.RISK_OFFICER))
    return client


def words(reader) -> str:
    response = reader.get(PAGE)
    assert response.status_code == 200
    body = re.sub(r"<(head|title|nav)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_it_says_who_said_what_and_why_somebody_does_not_count(reader):
    feed = SaidFeed().all_say("BTC", "525000")
    feed.prices["BTC"] |= {"osl": "483000", "kraken": "HTTP 502"}
    listen(feed, now=NOON)

    said = words(reader)
    assert "BTC Bitcoin Agreed HKD 525,000.00" in said
    assert "hashkey HKD 525000 525,000.00 0 s ago of record" in said
    assert "osl HKD 483000 483,000.00 0 s ago left out 42000 from the median" in said
    assert "kraken — — 0 s ago left out HTTP 502" in said
    assert "hashkey executes for clients Normal" in said


@pytest.mark.rule("VAF-11")
@pytest.mark.rule("VAF-12")
def test_a_fallback_is_flagged_with_its_reason_and_its_incident_is_listed(reader):
    listen(SaidFeed().all_say("BTC", "525000", but=("hashkey",)), now=NOON)

    said = words(reader)
    assert "BTC Bitcoin Fallback" in said
    assert "Lending haircut wider by 1%" in said
    assert "hashkey: silent" in said
    assert "Not at the platform&#x27;s price BTC Today 12:00 open" in said


def test_an_asset_without_a_price_says_why_and_what_stands_still(reader):
    listen(SaidFeed({"BTC": dict.fromkeys(VENUES, "HTTP 500")}), now=NOON)

    said = words(reader)
    assert "BTC Bitcoin No price HKD — Said last never" in said
    assert "Stopped at it advance, purchase, release, margin call, soft sale, hard sale" in said
    assert "0 of 3 sources needed are fresh" in said


def test_a_round_that_was_not_believed_stands_beside_the_price_that_still_holds(reader, clock):
    price("BTC", "525000", at=NOON)
    clock.move_to(NOON.replace(second=5))
    listen(SaidFeed().all_say("BTC", "52500"), now=NOON.replace(second=5))
    assert HeldBack.objects.count() == 1

    assert "Since then: 52500 is too far from the last price" in words(reader).replace(
        ".0000000000", ""
    )


def test_an_empty_house_has_a_page(reader):
    said = words(reader)
    assert "Nothing was ever priced" in said
    assert "prices come from a recording" in said


@pytest.mark.parametrize(
    ("role", "status"), [(Role.RISK_OFFICER, 200), (Role.DEALING, 200), (Role.RM, 403)]
)
def test_who_may_see_prices_sees_it(client, role, status):
    client.force_login(staff(role))
    assert client.get(PAGE).status_code == status


def test_only_who_may_propose_a_price_is_offered_to(client):
    client.force_login(staff(Role.RISK_OFFICER))
    assert b"Set a price by hand" in client.get(PAGE).content
    client.force_login(staff(Role.AUDITOR))
    assert b"Set a price by hand" not in client.get(PAGE).content


def test_it_takes_as_many_queries_for_many_assets(reader):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            reader.get(PAGE)
        return len(captured)

    price("BTC", "525000", at=NOON)
    few = queries()
    for code in ("ETH", "0700", "0005", "USD"):
        price(code, "500", at=NOON)
    assert queries() <= few
