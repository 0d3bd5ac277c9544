"""Training on virtual assets, which takes the place of the knowledge test (JC-1)."""

from datetime import date, datetime

from django.conf import settings
from django.db import models

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.client_changes import client_named
from onboarding.clients import Client
from onboarding.hands import RECORD_TRAINING
from onboarding.payloads import as_day, day, text, today
from onboarding.users import User


class Training(models.Model):
    """
    Training on virtual assets that took the place of the test, agreed by two people.

    Without `user` it was given to everybody who signs for the client.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="trainings")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    given_date = models.DateField()
    trainer = models.CharField(max_length=120)
    content = models.TextField()
    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="+")

    def __str__(self):
        return (
            f"training of {self.user or 'everybody'} for {self.client}, {self.given_date:%Y-%m-%d}"
        )


def _trained(payload: dict, *, now: datetime) -> tuple[Client, User | None, date]:
    client = client_named(payload)
    username = text(payload, "signatory", "The signatory", needed=False)
    given = day(payload, "given_date", "The day of the training")
    if given > today(now):
        raise Invalid("Training is recorded after it was given.")
    if not username:
        return client, None, given
    signing = client.signatories.filter(user__username=username).select_related("user").first()
    if signing is None:
        raise Invalid(f"{username[:150]} does not sign for {client}.")
    return client, signing.user, given


def _training(payload: dict, *, now: datetime) -> Difference:
    client, user, given = _trained(payload, now=now)
    if Training.objects.filter(client=client, user=user).exists():
        raise Invalid(f"{user or client} was trained already; once is enough.")
    return [
        ("Trained", "", str(user or "everybody who signs")),
        ("On", "", as_day(given)),
        ("By", "", text(payload, "trainer", "Who trained")[:120]),
        ("What was taught", "", text(payload, "content", "What was taught")),
    ]


def _train(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    client, user, given = _trained(payload, now=now)
    row = Training.objects.create(
        client=client,
        user=user,
        given_date=given,
        trainer=text(payload, "trainer", "Who trained")[:120],
        content=text(payload, "content", "What was taught"),
        proposal=proposal,
    )
    return {"training": str(row.pk)}


register(
    Command(
        name="record_training",
        title="Training on virtual assets",
        proposes=RECORD_TRAINING.proposes,
        approves=lambda payload, *, now: RECORD_TRAINING.approves,
        apply=_train,
        differs=_training,
        client_of=client_named,
        dated=True,
    )
)
