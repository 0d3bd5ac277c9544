"""Take in a daily file of closes: `manage.py price_file closes.csv`. Two people approve it then."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from collateral.prices.daily_file import take_in
from collateral.prices.price_file import BadPriceFile


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="CSV or gzip, with the vendor's columns")

    def handle(self, *, file: Path, **_):
        try:
            taken = take_in(file, now=timezone.now())
        except BadPriceFile as error:
            raise CommandError(str(error)) from error
        state = (
            "approved already" if taken.closes.exists() else "waits for operations to propose it"
        )
        self.stdout.write(
            f"{taken}: {len(taken.rows)} of our shares, SHA-256 {taken.sha256}; {state}."
        )
