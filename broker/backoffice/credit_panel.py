"""What the page of a client says of its credit; the rest is on a page of its own."""

from datetime import datetime

from django.urls import reverse

from broker.backoffice.panels import Fact, Panel
from broker.templatetags.harbour import had
from onboarding.clients import Client
from onboarding.credit.profile import last_assessment
from onboarding.payloads import as_day, today


def credit_panel(client: Client, user, now: datetime) -> Panel:
    more = (reverse("credit", args=[client.number]), "Net worth, score card, worst case")
    assessment = last_assessment(client, on=today(now))
    if assessment is None:
        return Panel("Credit", none="Nobody has assessed this client.", more=more)
    late = (today(now) - assessment.review_date).days
    return Panel(
        "Credit",
        facts=[
            Fact("Grade", assessment.grade, f"{assessment.total} points of 100"),
            Fact("Verified net worth, HKD", had(assessment.net_worth)),
            Fact("Of it liquid, HKD", had(assessment.liquid_net_worth)),
            Fact("The grade proposes, HKD", had(assessment.proposed_limit)),
            Fact(
                "Reviewed by",
                as_day(assessment.review_date),
                f"overdue by {late} days" if late > 0 else "",
            ),
        ],
        more=more,
    )
