"""The statement of a custodian or broker: what it says rests with it, kept with its hash."""

import hashlib
from datetime import datetime

from django.conf import settings
from django.db import models, transaction

from collateral.assets import Asset
from collateral.custody.places import CustodyPlace
from collateral.custody.statement_file import parse_statement
from collateral.fields import UnitsField
from collateral.tables import BadFile
from onboarding.clients import Client
from onboarding.payloads import as_moment


class Statement(models.Model):
    """What rests at `place` at `as_of`, in the custodian's words. One file is one statement."""

    place = models.ForeignKey(CustodyPlace, models.PROTECT, related_name="statements")
    as_of = models.DateTimeField()
    by_client = models.BooleanField()
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "sha256"], name="statement_once"),
            models.CheckConstraint(
                condition=models.Q(as_of__lte=models.F("loaded_at")), name="statement_of_the_past"
            ),
        ]
        indexes = [models.Index(fields=["place", "-as_of"], name="statement_latest")]

    def __str__(self):
        return f"{self.place.code} as of {as_moment(self.as_of)}"


class StatementLine(models.Model):
    """`asset` and `client` are empty where the house knows no such code or number."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="lines")
    code = models.CharField(max_length=12)
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="+")
    client_number = models.CharField(max_length=24, blank=True)
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+")
    units = UnitsField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "code", "client_number"], name="statement_line_once"
            ),
        ]

    def __str__(self):
        return f"{self.units} {self.code} {self.client_number}"


@transaction.atomic
def load_statement(
    place: CustodyPlace, content: bytes, *, name: str, as_of: datetime, by, now: datetime
) -> Statement:
    """
    Keep the statement of a file, whole.

    :raises BadFile: it cannot be read, was loaded before, or speaks of the future
    """
    sha256 = hashlib.sha256(content).hexdigest()
    before = Statement.objects.filter(place=place, sha256=sha256).first()
    if before:
        raise BadFile(f"This very file was loaded before: {before}, {as_moment(before.loaded_at)}.")
    if as_of > now:
        raise BadFile("A statement is of the past.")
    stated = parse_statement(content)
    assets = {asset.code: asset for asset in Asset.objects.all()}
    numbers = {line.client for line in stated.lines if line.client}
    clients = {client.number: client for client in Client.objects.filter(number__in=numbers)}
    statement = Statement.objects.create(
        place=place,
        as_of=as_of,
        by_client=stated.by_client,
        name=name[:200],
        sha256=sha256,
        loaded_at=now,
        loaded_by=by,
    )
    StatementLine.objects.bulk_create(
        (
            StatementLine(
                statement=statement,
                code=line.code,
                asset=assets.get(line.code),
                client_number=line.client,
                client=clients.get(line.client),
                units=line.units,
            )
            for line in stated.lines
        ),
        batch_size=5_000,
    )
    return statement


def latest_statements() -> list[Statement]:
    """The last statement of each place that ever sent one."""
    rows = Statement.objects.order_by("place_id", "-as_of", "-pk").distinct("place_id")
    return list(rows.select_related("place", "loaded_by"))
