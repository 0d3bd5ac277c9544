"""Load a list from files or addresses and screen for what is new (manage.py screening_load)."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from onboarding.screening.lists import Outcome
from onboarding.screening.load import FORMATS
from onboarding.screening.refresh import refresh


class Command(BaseCommand):
    help = "Loads a list: screening_load ofac sdn.csv alt.csv add.csv sdn_comments.csv"

    def add_arguments(self, parser):
        parser.add_argument("list", choices=[str(code) for code in FORMATS])
        parser.add_argument("places", nargs="+", help="paths or addresses of its files")

    def handle(self, *, places, **options):
        loaded = refresh(options["list"], places, now=timezone.now())
        if loaded.log.outcome == Outcome.REFUSED:
            raise CommandError(f"The old list stays in force. {loaded.log.said}")
        self.stdout.write(loaded.log.said)
