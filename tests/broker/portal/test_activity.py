"""Everything that happened, once, in one order, to the cent."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from broker.notices.tell import tell
from broker.portal.activity import Kind, Wanted, activity_of
from broker.portal.activity_pages import A_PAGE
from collateral.assets import Asset
from collateral.custody.movements import Place, Transfer, record
from lending.ledger import entries
from lending.ledger.post import Event, post_many
from tests.broker.portal.conftest import text_of
from tests.broker.reports.stories import as_read, everything_happened
from tests.factories import LONG_AGO, NOON, client_user, margin_account


@pytest.fixture
def account(db):
    return everything_happened()


def page_of(account, asked="") -> str:
    return f"/accounts/{account.number}/activity/{asked}"


def rows_of(response) -> list[dict]:
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def many_movements(account, count: int) -> None:
    """`count` advances and as many pledges, several of them at one moment."""
    post_many(
        [
            Event(f"m-{n}", "draw", "test", account.subledger_id, entries.advanced(Decimal(n + 1)))
            for n in range(count // 2)
        ],
        now=NOON,
    )
    record(
        [
            Transfer(
                key=f"m-{n}",
                asset=Asset.objects.get(code="BTC"),
                units=Decimal(1),
                pool=account.pool_id,
                into_pool=True,
                other_place=Place.CLIENT,
                narrative="test",
            )
            for n in range(count // 2)
        ],
        now=NOON,
    )


def test_all_that_moved_money_adds_up_to_what_is_had_and_owed(account):
    found, count = activity_of(account, client_user(account), Wanted())
    subledger = as_read(account).subledger

    assert count == len(found)
    assert sum(one.told.cash for one in found) == subledger.cash
    assert sum(one.told.owed for one in found) == subledger.owed + subledger.deficit


def test_each_kind_is_a_part_of_the_whole(account):
    user = client_user(account)
    whole, _ = activity_of(account, user, Wanted())
    parts = [activity_of(account, user, Wanted(kind=kind))[0] for kind in Kind.values]

    assert sorted((one.at, one.told.text) for part in parts for one in part) == sorted(
        (one.at, one.told.text) for one in whole
    )
    assert {one.kind for one in whole} >= {
        "draws",
        "repayments",
        "interest",
        "trades",
        "collateral",
        "calls",
    }


def test_the_page_tells_it_in_words_with_exact_amounts(client, account, borrower):
    borrower(account)
    page = text_of(client.get(page_of(account)))

    for said in (
        "Advance, kept as purchasing cash Draws E",
        "+150,000.00 +150,000.00",
        "Payment received Repayments E",
        "−1,234.56",
        "Bought 0.09871 BTC at",
        "for the margin call",
        "Pledged 0.5 BTC",
        "Interest was charged Interest E",
    ):
        assert said in page


def test_a_period_has_its_first_and_its_last_day(account):
    user = client_user(account)
    day = LONG_AGO + timedelta(hours=15)  # Midnight in Hong Kong.
    found, _ = activity_of(account, user, Wanted(since=day, until=day + timedelta(days=1)))

    assert found
    assert all(day <= one.at < day + timedelta(days=1) for one in found)


def test_pages_have_every_row_once_in_one_order(client, borrower, db):
    account = margin_account()
    user = borrower(account)
    many_movements(account, 130)
    whole, count = activity_of(account, user, Wanted())
    paged = [
        one
        for page in range(4)
        for one in activity_of(account, user, Wanted(), limit=A_PAGE, offset=page * A_PAGE)[0]
    ]

    assert count == 130
    assert paged == whole
    assert "101–130 of 130" in text_of(client.get(page_of(account, "?page=3")))
    assert "Nothing" in text_of(client.get(page_of(account, "?page=4")))


@pytest.mark.parametrize(
    "asked",
    ["?page=0", "?page=-1", "?page=x", "?page=99999999999999999999", "?kind=x", "?since=9999-12-31",
     "?until=9999-12-31", "?until=0001-01-01", "?since=x&until=31/12/2026", "?kind=%00"],
)  # fmt: skip
def test_what_cannot_be_read_is_left_out(client, account, borrower, asked):
    borrower(account)

    assert client.get(page_of(account, asked)).status_code == 200
    assert client.get(page_of(account, "file/" + asked)).status_code == 200


def test_the_file_has_all_that_the_page_finds(client, borrower, db):
    account = margin_account()
    borrower(account)
    many_movements(account, 130)

    rows = rows_of(client.get(page_of(account, "file/")))
    draws = rows_of(client.get(page_of(account, "file/?kind=draws")))

    assert len(rows) == 130
    assert sum(Decimal(row["Cash HKD"]) for row in draws) == as_read(account).subledger.cash
    assert {row["Kind"] for row in draws} == {"Draws"}


def test_notices_are_those_of_the_reader(client, account, borrower):
    user = borrower(account)
    tell(now=NOON)
    mine, _ = activity_of(account, user, Wanted(kind="notices"))
    others, _ = activity_of(account, client_user(account), Wanted(kind="notices"))

    assert mine
    assert others == []


@pytest.mark.parametrize("page", ["", "file/"])
def test_a_thousand_movements_take_few_queries(
    client, account, borrower, django_assert_max_num_queries, page
):
    borrower(account)
    many_movements(account, 1_000)

    with django_assert_max_num_queries(24):
        assert client.get(page_of(account, page)).status_code == 200
