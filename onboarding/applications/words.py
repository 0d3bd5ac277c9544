"""What was told, in words: the label of what was chosen, an amount with its commas."""

from datetime import datetime
from decimal import Decimal

from django import forms

from onboarding.applications.application import Application
from onboarding.applications.forms import STEP_FORMS
from onboarding.applications.save import form_of
from onboarding.applications.steps import TITLES, steps_for
from onboarding.applications.told import Told, last_told
from onboarding.payloads import as_day


def told_in_words(
    application: Application, *, now: datetime
) -> list[tuple[str, list[tuple[str, str]], Told]]:
    """Each plain form that was filled in: its title, its questions and answers, and the save."""
    said = []
    for step in steps_for(application.kind):
        told = last_told(application, step) if step in STEP_FORMS else None
        if told is None:
            continue
        form = form_of(application, step, now=now)
        lines = [
            (field.label, _words(field.field, told.answers[field.name]))
            for field in form
            if told.answers.get(field.name)
        ]
        said.append((TITLES[step], lines, told))
    return said


def _words(field: forms.Field, value: str) -> str:
    choices = {str(key): label for key, label in getattr(field, "choices", ())}
    if value in choices:
        return choices[value]
    if isinstance(field, forms.DecimalField):
        return f"{Decimal(value):,.2f}"
    if isinstance(field, forms.DateField):
        return as_day(field.to_python(value))
    return value
