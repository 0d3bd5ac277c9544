"""A client finds the own documents, and nobody else's."""

import pytest
from django.core.files.storage import default_storage
from pypdf import PdfReader

from broker.reports.document_make import make_documents
from broker.reports.documents import AccountDocument
from tests.broker.portal.conftest import text_of
from tests.broker.reports.stories import everything_happened
from tests.broker.reports.test_documents import LATER, silent
from tests.factories import margin_account


@pytest.fixture
def account(db, clock):
    account = everything_happened()
    margin_account(pledged={"BTC": "1"})
    clock.move_to(LATER)
    make_documents(now=LATER, tell=silent)
    return account


def page_of(account) -> str:
    return f"/accounts/{account.number}/documents/"


def test_each_document_stands_in_its_month_with_its_files(client, account, borrower):
    borrower(account)
    page = text_of(client.get(page_of(account)))

    assert "March 2026 Monthly statement 1 Mar – 31 Mar 2026" in page
    for kind, day in (("D", "20260303"), ("N", "20260304"), ("R", "20260302")):
        assert f"{account.number}-{kind}-{day}" in page
    assert page.count(f"{account.number}-N-") == 2


def test_by_kind_and_year(client, account, borrower):
    borrower(account)

    assert f"{account.number}-D-" not in text_of(client.get(page_of(account) + "?kind=note"))
    assert "-M-202603" in text_of(client.get(page_of(account) + "?year=2026"))
    for odd in ("?year=2025", "?year=" + "9" * 5000, "?year=x", "?kind=x"):
        assert client.get(page_of(account) + odd).status_code == 200


@pytest.mark.parametrize("format", ["pdf", "csv"])
def test_a_file_comes_as_it_was_kept(client, account, borrower, format):
    borrower(account)
    kept = AccountDocument.objects.get(account=account, kind="monthly", format=format)
    response = client.get(f"{page_of(account)}{kept.pk}/")

    assert response.content == kept.content()
    assert response["Content-Disposition"] == f'attachment; filename="{kept.number}.{format}"'
    assert response["Content-Type"] == kept.content_type


def test_somebody_elses_is_not_found_by_either_address(client, account, borrower):
    other = AccountDocument.objects.exclude(account=account).first()
    borrower(account)

    for address in (page_of(account), page_of(other.account)):
        assert client.get(f"{address}{other.pk}/").status_code == 404
    for page in ("documents/", "statement/", "activity/", "activity/file/"):
        assert client.get(f"/accounts/{other.account.number}/{page}").status_code == 404


@pytest.mark.rule("STM-8")
def test_a_statement_of_any_days_may_be_asked_for(client, account, borrower, tmp_path):
    borrower(account)
    days = f"/accounts/{account.number}/statement/?first=2026-03-03&last=2026-03-04"
    paper = client.get(days)
    table = client.get(days + "&format=csv").content.decode()

    (tmp_path / "paper.pdf").write_bytes(paper.content)
    page = " ".join(PdfReader(tmp_path / "paper.pdf").pages[0].extract_text().split())
    assert "Statement of account" in page
    assert "3 Mar 2026 – 4 Mar 2026" in page
    assert "Advance paid in,貸款存入,150000.00,150000.00" in table
    assert AccountDocument.objects.filter(account=account, number__contains="0304").count() == 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("first=2026-03-04&last=2026-03-03", "The last day comes before the first."),
        ("first=2026-03-04&last=2026-04-01", "days that are over and made up"),
        ("first=2025-01-01&last=2026-03-03", "a year at most"),
        ("first=&last=x", "Choose two days"),
        ("first=0001-01-01&last=0001-01-02", "Choose two days"),
    ],
)
def test_days_that_cannot_be_stated_are_said_to_be_so(client, account, borrower, asked, said):
    borrower(account)
    assert said in text_of(client.get(f"/accounts/{account.number}/statement/?{asked}"))


def test_a_file_that_was_damaged_is_withheld(client, account, borrower):
    borrower(account)
    kept = AccountDocument.objects.filter(account=account).first()
    default_storage.delete(kept.path)

    assert client.get(f"{page_of(account)}{kept.pk}/").status_code == 500


def test_an_account_without_documents_says_so(client, borrower, db):
    account = margin_account()
    borrower(account)

    assert "Nothing here yet" in text_of(client.get(page_of(account)))


def test_the_page_takes_few_queries(client, account, borrower, django_assert_max_num_queries):
    borrower(account)
    with django_assert_max_num_queries(12):
        client.get(page_of(account))
