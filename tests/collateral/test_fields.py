"""Numbers are numbers: no column of the house takes NaN."""

from decimal import Decimal

import pytest
from django.apps import apps

from collateral.fields import AccrualField, MoneyField, PriceField, RatioField, UnitsField
from tests.proofs import sql

FIELDS = (AccrualField, MoneyField, PriceField, RatioField, UnitsField)
COLUMNS = [
    (model._meta.db_table, field.column)
    for model in apps.get_models()
    for field in model._meta.local_fields
    if isinstance(field, FIELDS)
]


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_keeps_out_what_is_no_number(table, column):
    checks = sql(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"
        " AND contype = 'c'",
        table,
    )

    assert (f"CHECK (({column} < 'NaN'::numeric))",) in checks


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_says_its_digits_by_its_name_alone(field):
    _, path, args, kwargs = field(default=Decimal(0)).deconstruct()

    assert path == f"collateral.fields.{field.__name__}"
    assert (args, kwargs) == ([], {"default": Decimal(0)})
