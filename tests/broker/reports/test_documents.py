"""Documents are made once, of each day and month that is over, kept, and told of."""

import io
import re
from datetime import date, datetime, timedelta

import pytest
from pypdf import PdfReader

import broker.tasks
from broker.notices.documents import announce_documents
from broker.notices.notice import Notice
from broker.reports import document_make
from broker.reports.deadlines import business_days_after
from broker.reports.document_make import make_documents
from broker.reports.documents import AccountDocument, DocumentRun
from broker.reports.documents import Kind as DocumentKind
from broker.reports.margin_book import DoesNotTie
from broker.reports.paper import words
from broker.reports.paper.print import pdf, pdfs, png
from broker.reports.period import day_of
from collateral.custody.movements import Place
from collateral.prices.market_hours import HKT
from lending.ledger.chart import BORROWERS
from lending.margin.call import CallState, MarginCall
from onboarding.clients import Client
from onboarding.users import Role
from tests.broker.reports.stories import (
    AFTER,
    DAY,
    DEALT,
    FIRST,
    HOUR,
    SOLD,
    everything_happened,
)
from tests.factories import NOON, margin_account, staff
from tests.proofs import guards_down, refused, sql, together

pytestmark = pytest.mark.django_db
# A month later, and half past midnight.
LATER = datetime(2026, 4, 1, 0, 50, tzinfo=HKT)

EMPTY = {
    "title": ["A", "乙"],
    "number": "1",
    "broker": "B",
    "broker_name": "B",
    "broker_note": ["", ""],
    "broker_licence": "",
    "page": ["Page", "頁"],
    "facts": [],
    "figures": [],
    "blocks": [],
    "notes": [],
}


def silent(documents):
    return None


@pytest.fixture
def account():
    account = everything_happened()
    Client.objects.filter(pk=account.client_id).update(name_chinese="陳大文")
    return account


@pytest.fixture
def documents(account):
    make_documents(now=LATER, tell=silent)
    return AccountDocument.objects.filter(account=account)


def text_of(document: AccountDocument) -> str:
    reader = PdfReader(io.BytesIO(document.content()))
    return " ".join("\n".join(page.extract_text() for page in reader.pages).split())


def of(documents, kind: str, day: date) -> AccountDocument:
    return documents.get(kind=kind, last=day, format="pdf")


@pytest.mark.rule("STM-2")
def test_a_day_on_which_something_happened_has_its_statement_and_no_other_day(documents):
    days = documents.filter(kind="daily", format="pdf").order_by("last")

    assert [each.last for each in days] == [FIRST, DEALT, SOLD, AFTER]
    assert [each.due_on for each in days] == [SOLD, AFTER, date(2026, 3, 6), date(2026, 3, 9)]


@pytest.mark.rule("STM-5")
def test_a_month_has_one_statement_due_within_seven_business_days(documents):
    month = of(documents, "monthly", date(2026, 3, 31))

    assert month.first == date(2026, 3, 1)
    # Good Friday, Easter Monday and Ching Ming do not count.
    assert month.due_on == date(2026, 4, 14)
    assert not month.is_late
    assert documents.filter(kind="monthly").count() == 2


@pytest.mark.rule("STM-1")
def test_what_was_dealt_has_a_contract_note_with_all_its_particulars(documents):
    bought, sold = (text_of(of(documents, "note", day)) for day in (DEALT, SOLD))

    for note in (bought, sold):
        for said in (
            "Harbour Securities",
            "Contract note",
            "as your agent, not as principal",
            "The account is a margin account",
        ):
            assert said in note
    assert "Bought for you: BTC" in bought
    assert "69,131.81" in bought
    assert "172.83" in bought
    assert "Sales that we initiated" in sold
    assert "For margin call MC" in sold
    assert documents.filter(kind="note").count() == 2


@pytest.mark.rule("STM-7")
def test_what_was_received_has_a_receipt(documents):
    receipt = text_of(of(documents, "receipt", DEALT))

    assert "HKD 1,234.56" in receipt
    assert "BTC 0.50000000" in receipt
    # An advance is no money of the client's, and a purchase comes from the venue.
    assert "150,000" not in receipt
    assert "0.098" not in receipt
    assert {each.last for each in documents.filter(kind="receipt")} == {FIRST, DEALT}


@pytest.mark.rule("STM-3", "STM-4", "STM-6")
def test_a_statement_says_what_the_rules_ask_for(account, documents):
    page = text_of(of(documents, "daily", SOLD))

    for said in (
        account.number,
        account.client.number,
        "Opening balance",
        "Closing balance",
        "Margin ratio",
        "Margin value",
        "Sales that we initiated",
        "Collateral in and out",
        "Your collateral is not repledged",
    ):
        assert said in page


def test_both_scripts_are_set_in_fonts_of_our_own(documents):
    document = of(documents, "monthly", date(2026, 3, 31))
    reader = PdfReader(io.BytesIO(document.content()))
    fonts = {
        re.sub(r"^/[A-Z]{6}\+", "", font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }

    assert {name.split("-")[0].lstrip("/") for name in fonts} == {"Inter", "NotoSansTC"}
    # A letter that no font has would not come back.
    assert "陳大文" in text_of(document)
    assert "戶口月結單" in text_of(document)


def test_the_same_books_give_the_same_bytes(account, documents):
    hashes = dict(documents.values_list("number", "sha256"))
    with guards_down():
        sql("DELETE FROM broker_accountdocument")
        sql("DELETE FROM broker_documentrun")

    make_documents(now=LATER + DAY, tell=silent)

    assert dict(documents.all().values_list("number", "sha256")) == hashes
    assert len(hashes) > 5


def test_the_pages_can_be_drawn(account):
    content = dict(EMPTY)
    # What a client is called is never read as markup.
    content["broker_name"] = '#panic("markup") $x$ *bold* \\ [<script>]'
    [page] = png("document", content, at=LATER)
    assert page.startswith(b"\x89PNG")


def test_twice_is_once_and_what_was_missed_is_made_up_for(account):
    first = day_of(FIRST).ends_at
    assert make_documents(now=first + timedelta(minutes=5), tell=silent) == 0
    assert make_documents(now=first + HOUR, tell=silent) > 0
    assert list(DocumentRun.objects.values_list("last", flat=True)) == [FIRST]

    made = make_documents(now=LATER, tell=silent)

    assert made == AccountDocument.objects.exclude(last=FIRST).count() > 5
    assert make_documents(now=LATER + HOUR, tell=silent) == 0
    # 30 days and the month.
    assert DocumentRun.objects.count() == 31


def test_a_run_that_was_killed_goes_on_where_it_ended(account, monkeypatch):
    others = [margin_account(owed="5000", pledged={"BTC": "1"}) for _ in range(2)]
    monkeypatch.setattr(document_make, "BATCH", 1)

    class Killed(Exception):
        pass

    told = []

    def tell(documents):
        told.append(documents)
        if len(told) == 2:
            raise Killed

    with pytest.raises(Killed):
        make_documents(now=day_of(FIRST).ends_at + HOUR, tell=tell)
    before = set(AccountDocument.objects.values_list("pk", flat=True))
    make_documents(now=day_of(FIRST).ends_at + HOUR, tell=told.append)

    assert before < set(AccountDocument.objects.values_list("pk", flat=True))
    accounts = AccountDocument.objects.filter(kind="daily", format="pdf")
    assert accounts.count() == 1 + len(others)


def test_many_are_set_at_once_and_each_is_itself():
    contents = [{**EMPTY, "number": f"N{n}"} for n in range(12)]

    at_once = pdfs("document", contents, at=LATER)

    assert at_once == [pdf("document", content, at=LATER) for content in contents]
    assert len(set(at_once)) == 12


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_each_document_once():
    for _ in range(3):
        margin_account(owed="5000", pledged={"BTC": "1"})
    now, told = day_of(FIRST).ends_at + HOUR, []

    def work():
        return make_documents(now=now, tell=told.extend)

    made = together(work, work)

    # A statement as PDF and CSV, and a receipt, of each.
    assert sum(made) == len(told) == AccountDocument.objects.count() == 9
    assert DocumentRun.objects.count() == 1


@pytest.mark.rule("STM-20")
def test_a_document_is_never_edited_and_kept_seven_years(documents):
    assert {each.keep_until.year for each in documents} == {2033}
    with refused("broker_accountdocument_kept"):
        documents.update(size=1)
    with refused("broker_accountdocument_kept"):
        documents.all().delete()


def test_books_that_do_not_tie_give_no_documents_and_are_told_aloud(account, time_machine):
    time_machine.move_to(LATER, tick=False)
    staff(Role.OPERATIONS)
    with guards_down():
        sql("UPDATE lending_accrual SET amount = amount + 1")

    with pytest.raises(DoesNotTie):
        broker.tasks.client_documents()

    assert not AccountDocument.objects.exists()
    assert "client documents" in Notice.objects.get(occasion="report/refused").subject


def test_the_client_is_told_without_the_document(account, time_machine, mailoutbox):
    time_machine.move_to(LATER, tick=False)

    broker.tasks.client_documents()
    broker.tasks.send_notices()

    [month] = [mail for mail in mailoutbox if mail.subject.startswith("Monthly statement")]
    assert f"{account.number}-M-202603" in month.body
    assert month.attachments == []
    told = Notice.objects.filter(occasion="document/ready")
    assert told.count() == 5
    announce_documents(list(AccountDocument.objects.select_related("account")), now=LATER)
    assert told.count() == 5


def test_every_step_state_and_kind_has_its_words():
    steps = {
        each.method.__name__
        for each in MarginCall._meta.get_field("state").get_all_transitions(MarginCall)
    }

    assert set(words.CALL_STEPS) == steps
    assert set(words.CALL_STATES) == set(CallState)
    assert set(words.ACCOUNTS) == set(BORROWERS)
    assert {place for place, _ in words.MOVED} == set(Place) - {Place.POOL}
    assert set(words.DOCUMENTS) == {*DocumentKind, "asked"}


@pytest.mark.rule("CSR-7")
@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        ("2026-03-06", 2, "2026-03-10"),  # A Friday.
        ("2026-04-02", 2, "2026-04-09"),  # Before Easter and Ching Ming.
        ("2026-12-24", 1, "2026-12-28"),
    ],
)
def test_holidays_and_weekends_are_no_business_days(day, count, due):
    assert f"{business_days_after(date.fromisoformat(day), count)}" == due


def test_a_document_that_came_after_its_day_is_late(account):
    make_documents(now=NOON + 20 * DAY, tell=silent)

    assert all(each.is_late for each in AccountDocument.objects.filter(last=FIRST))
