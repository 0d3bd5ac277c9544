"""What must never be: a group's limit edited, or not looked at within a year."""

from django.db import migrations

from onboarding.guards import append_only

REVIEWED = migrations.RunSQL(
    """
    ALTER TABLE lending_grouplimit ADD CONSTRAINT group_limit_reviewed_within_a_year
      CHECK (review_date <= (effective_at AT TIME ZONE 'Asia/Hong_Kong')::date + 366);
    """,
    "ALTER TABLE lending_grouplimit DROP CONSTRAINT group_limit_reviewed_within_a_year;",
)


class Migration(migrations.Migration):

    dependencies = [("lending", "0006_limits")]

    operations = [append_only("lending_grouplimit"), REVIEWED]
