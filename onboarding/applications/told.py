"""What the applicant told, step by step: every save is kept, and none is edited."""

from django.conf import settings
from django.db import models

from onboarding.applications.application import Application


class Told(models.Model):
    """
    One save of one step. `version` counts the saves of the step; who saves on an older version than
    the last has not seen what somebody else wrote meanwhile.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="told")
    step = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    answers = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "told"
        constraints = [
            models.UniqueConstraint(
                fields=["application", "step", "version"], name="told_one_version_once"
            ),
        ]

    def __str__(self):
        return f"{self.application_id} {self.step} {self.version}"


def last_told(application: Application, step: str) -> Told | None:
    return application.told.filter(step=step).order_by("-version").first()


def answers(application: Application, step: str) -> dict:
    """What was told last in `step`; empty where nothing was."""
    told = last_told(application, step)
    return told.answers if told else {}
