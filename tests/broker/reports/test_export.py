"""Figures leave the house as they are: to the cent, as numbers, and the same bytes every time."""

import io
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.reports.export import Column, Kind, Sheet, to_csv, to_xlsx

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
COLUMNS = (
    Column("Text"),
    Column("Owed", Kind.OWED),
    Column("Had", Kind.HAD),
    Column("Usage", Kind.RATIO),
    Column("Days", Kind.COUNT),
    Column("At", Kind.TIME),
)


def sheet(*rows):
    return Sheet("Margin book", NOON, COLUMNS, rows)


def row(text="a", owed="1", had="1", usage="0.9", days=1, at=NOON):
    return text, Decimal(owed), Decimal(had), Decimal(usage), days, at


def cells(made: Sheet):
    [page] = openpyxl.load_workbook(io.BytesIO(to_xlsx(made))).worksheets
    return [[cell.value for cell in line] for line in page.iter_rows(min_row=2)]


def test_the_same_sheet_is_the_same_bytes():
    assert to_xlsx(sheet(row())) == to_xlsx(sheet(row()))
    assert to_csv(sheet(row())) == to_csv(sheet(row()))


def test_numbers_are_numbers_and_times_are_times_of_hong_kong():
    [line] = cells(sheet(row(owed="1234.567", had="1234.567", usage="0.9231", days=3)))

    assert line == ["a", 1234.57, 1234.56, 0.9231, 3, datetime(2026, 3, 4, 12, 0)]
    assert to_csv(sheet(row(owed="1234.567", had="1234.567"))).decode().split("\r\n")[1] == (
        "a,1234.57,1234.56,0.9,1,2026-03-04 12:00"
    )


@pytest.mark.parametrize(
    ("amount", "is_text"), [("9999999999999.99", False), ("10000000000000.01", True)]
)
def test_a_number_too_long_for_a_spreadsheet_is_text_to_the_cent(amount, is_text):
    [line] = cells(sheet(row(owed=amount)))

    assert isinstance(line[1], str) == is_text
    assert Decimal(str(line[1])) == Decimal(amount)


@pytest.mark.parametrize("hostile", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=HYPERLINK(0)"])
def test_a_name_is_never_a_formula(hostile):
    made = sheet(row(text=hostile))

    [line] = cells(made)
    assert line[0] == hostile
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(made)))
    assert book.worksheets[0]["A2"].data_type == "s"
    assert to_csv(made).decode().split("\r\n")[1].startswith(f"'{hostile}")


def test_what_there_is_no_figure_for_is_empty():
    made = sheet(("", None, None, None, None, None))

    assert cells(made) == [[None] * 6]
    assert to_csv(made).decode().split("\r\n")[1] == ",,,,,"


def test_a_sheet_without_rows_has_its_titles():
    assert to_csv(sheet()).decode() == "Text,Owed,Had,Usage,Days,At\r\n"
    assert cells(sheet()) == [] or cells(sheet()) == [[None] * 6]


def test_a_row_of_another_width_is_refused():
    with pytest.raises(ValueError, match="zip"):
        to_csv(sheet(("a",)))


@given(st.decimals(min_value=0, max_value=10**16, places=4))
def test_both_formats_say_the_same_to_the_cent(amount):
    made = sheet(row(owed=amount, had=amount))
    [line] = cells(made)
    _, owed, had, *_ = to_csv(made).decode().split("\r\n")[1].split(",")

    assert Decimal(owed) - Decimal("0.01") < amount <= Decimal(owed)
    assert Decimal(had) <= amount < Decimal(had) + Decimal("0.01")
    for cell, text in ((line[1], owed), (line[2], had)):
        assert Decimal(str(cell)).quantize(Decimal("0.01")) == Decimal(text)


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("100000", "100000.00"),
        ("-69304.64", "-69304.64"),
        ("0E-10", "0.00"),
        ("0.0986710000", "0.098671"),
    ],
)
def test_an_exact_number_has_all_its_places_and_two_at_least(amount, said):
    sheet = Sheet("Exact", NOON, [Column("Amount", Kind.EXACT)], [(Decimal(amount),)])
    assert to_csv(sheet).decode().split("\r\n")[1] == said
