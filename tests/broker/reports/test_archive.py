"""A report is kept as it was made, once a day, with its hash, for seven years."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from broker.reports.archive import Damaged, StoredReport, archive, stored
from broker.reports.morning import morning_book
from tests.factories import NOON, house

pytestmark = pytest.mark.django_db
FILES = {"xlsx": b"a spreadsheet", "csv": b"a,b\r\n"}


@pytest.fixture
def reports():
    return archive("margin-book", FILES, as_of=NOON, now=NOON)


def constraint(refused) -> str:
    return refused.value.__cause__.diag.constraint_name


def test_every_file_is_there_with_its_hash_and_size(reports):
    assert [report.format for report in reports] == ["csv", "xlsx"]
    for report in reports:
        content = FILES[report.format]
        assert report.content() == content
        assert report.sha256 == hashlib.sha256(content).hexdigest()
        assert report.size == len(content)
    assert stored("margin-book", on=NOON.date()) == reports


def test_the_day_is_the_one_in_hong_kong():
    evening = datetime(2026, 3, 4, 16, 30, tzinfo=UTC)
    [report] = archive("margin-book", {"csv": b"x"}, as_of=evening, now=evening)

    assert report.as_of_date == date(2026, 3, 5)
    assert report.file_name == "margin-book-2026-03-05.csv"


def test_a_second_one_of_the_day_is_refused(reports):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        archive("margin-book", FILES, as_of=NOON + timedelta(hours=1), now=NOON)
    assert constraint(refused) == "stored_report_once_a_day"


def test_a_report_is_never_edited(reports):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        StoredReport.objects.update(sha256="0" * 64)
    assert constraint(refused) == "broker_storedreport_kept"


@pytest.mark.rule("STM-20")
def test_it_goes_after_seven_years_and_not_before(reports):
    assert {report.keep_until for report in reports} == {date(2033, 3, 4)}
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        StoredReport.objects.all().delete()
    assert constraint(refused) == "broker_storedreport_kept"

    long_ago = NOON.replace(year=2016)
    archive("margin-book", {"csv": b"old"}, as_of=long_ago, now=long_ago)
    assert StoredReport.objects.filter(as_of=long_ago).delete()[0] == 1


def test_a_leap_day_is_kept_seven_full_years():
    leap = datetime(2028, 2, 29, 4, tzinfo=UTC)
    [report] = archive("margin-book", {"csv": b"x"}, as_of=leap, now=leap)

    assert report.keep_until == date(2035, 3, 1)


def test_a_file_that_was_changed_or_lost_is_not_handed_out(reports):
    report = reports[0]
    default_storage.delete(report.path)
    with pytest.raises(Damaged, match="margin-book-2026-03-04.csv"):
        report.content()

    default_storage.save(report.path, ContentFile(b"a,c\r\n"))
    with pytest.raises(Damaged, match="its hash is not"):
        report.content()


def test_a_run_that_was_rolled_back_leaves_nothing_to_trip_over():
    with transaction.atomic():
        archive("rolled-back", FILES, as_of=NOON, now=NOON)
        transaction.set_rollback(True)

    again = archive("rolled-back", FILES, as_of=NOON, now=NOON)
    assert [report.content() for report in again] == [FILES["csv"], FILES["xlsx"]]
    assert again[0].path.endswith(f"/{again[0].sha256}.csv")


def test_half_a_file_of_a_killed_run_is_not_taken_for_a_whole_one(reports):
    half = reports[0].path.replace("margin-book", "half")
    default_storage.save(half, ContentFile(FILES["csv"][:2]))

    [report] = archive("half", {"csv": FILES["csv"]}, as_of=NOON, now=NOON)

    assert report.path != half
    assert report.content() == FILES["csv"]


def test_the_morning_is_made_and_told_once():
    house()
    told = []
    first = morning_book(now=NOON, tell=told.append)
    again = morning_book(now=NOON + timedelta(hours=3), tell=told.append)

    assert again == first
    assert told == [first]
    assert {report.format for report in first} == {"csv", "xlsx"}

    morning_book(now=NOON + timedelta(days=1), tell=told.append)
    assert len(told) == 2


def test_a_morning_that_could_not_be_told_is_not_kept():
    house()

    def fail(reports):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        morning_book(now=NOON, tell=fail)
    assert not StoredReport.objects.exists()
