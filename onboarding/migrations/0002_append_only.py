"""The function behind every append-only table."""

from django.db import migrations

from onboarding.guards import APPEND_ONLY


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0001_initial")]

    operations = [APPEND_ONLY]
