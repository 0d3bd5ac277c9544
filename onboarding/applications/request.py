"""A request: one thing that an officer asks an applicant for, and the answer."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from onboarding.applications.application import Application


class Wanted(models.TextChoices):
    ANSWER = "answer", "An answer in words"
    DOCUMENT = "document", "A document"
    CORRECTION = "correction", "A correction of a step"
    CONFIRMATION = "confirmation", "That it is all still true"


class Request(models.Model):
    """
    `step` is the step opened again where a correction is wanted. Answered once, and not edited.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="requests")
    wanted = models.CharField(max_length=12, choices=Wanted.choices)
    step = models.CharField(max_length=20, blank=True)
    question = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(question=""), name="request_asks_something"),
            models.CheckConstraint(
                condition=Q(wanted=Wanted.CORRECTION) & ~Q(step="")
                | ~Q(wanted=Wanted.CORRECTION) & Q(step=""),
                name="request_names_the_step_to_correct",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="request_answered_by_somebody",
            ),
        ]

    def __str__(self):
        return f"{self.application_id}: {self.question[:60]}"
