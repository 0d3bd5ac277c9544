"""What the database's address says after its question mark was lost beside options of our own."""

import subprocess
import sys

import pytest

from broker import env

SAY = "from broker.settings import DATABASES; print(DATABASES['default']['OPTIONS'])"


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", {"options": "-c jit=off"}),
        ("?sslmode=require", {"options": "-c jit=off", "sslmode": "require"}),
        ("?host=%2Frun%2Fpg", {"options": "-c jit=off", "host": "/run/pg"}),
    ],
)
def test_what_the_address_says_reaches_the_connection(query, options):
    told = subprocess.run(
        [sys.executable, "-c", SAY],
        cwd=env.BASE_DIR,
        env={**env.without("DATABASE_URL"), "DATABASE_URL": f"postgres://u@db.example/d{query}"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == str(options)
