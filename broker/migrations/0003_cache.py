"""Where installations of several processes count together how often something was asked."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("broker", "0002_what_must_never_be")]

    operations = [
        # As Django's own cache in a database reads and writes it.
        migrations.RunSQL(
            """
            CREATE TABLE broker_cache (
              cache_key varchar(255) PRIMARY KEY,
              value text NOT NULL,
              expires timestamptz NOT NULL
            );
            CREATE INDEX broker_cache_expires ON broker_cache (expires);
            """,
            "DROP TABLE broker_cache;",
        )
    ]
