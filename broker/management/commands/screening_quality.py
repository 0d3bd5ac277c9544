"""
How good the name matching is: recall, false hits and time on the labelled set (manage.py
screening_quality).
"""

import json

from django.core.management.base import BaseCommand, CommandError

from broker.management.quality.labelled import CLEAN, VARIANTS
from broker.management.quality.measure import measure
from onboarding.screening.score import RULE
from onboarding.screening.screen import HIT_SCORE

LEAST_RECALL, MOST_FALSE, MOST_S = 0.98, 0.01, 10.0


class Command(BaseCommand):
    help = "Measures the name matching on 500 true variants and 10,000 names of nobody listed."

    def add_arguments(self, parser):
        parser.add_argument("--score", type=float, default=float(HIT_SCORE.initial))
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--show", action="store_true", help="name what was missed or false")

    def handle(self, *, score, show, **options):
        found = measure(least=score)
        told = {
            "rule": RULE,
            "hit_score": score,
            "names_listed": found.names_listed,
            "variants": VARIANTS,
            "recall": round(found.recall, 4),
            "missed_by_kind": found.by_kind,
            "clean": CLEAN,
            "false_hits": round(found.false_rate, 4),
            "parse_s": round(found.parse_s, 2),
            "index_s": round(found.index_s, 2),
            "screen_s": round(found.screen_s, 2),
            "total_s": round(found.total_s, 2),
        }
        if options["json"]:
            self.stdout.write(json.dumps(told))
        else:
            for name, value in told.items():
                self.stdout.write(f"{name:>16}  {value}")
        if show:
            for variant in found.missed:
                said = " / ".join(variant.names)
                self.stdout.write(
                    f"missed ({variant.how}): {said}, listed {variant.entry.made.name}"
                )
            for ours, theirs, total in found.false:
                self.stdout.write(f"false: {ours}, {theirs} ({total})")
        if found.recall < LEAST_RECALL or found.false_rate >= MOST_FALSE or found.total_s >= MOST_S:
            raise CommandError(
                f"It must find {LEAST_RECALL:.0%}, be wrong in less than {MOST_FALSE:.0%} and take"
                f" less than {MOST_S:g} s of processor time."
            )
