"""Several processes count together how often something was asked."""

import pytest
from django.core.cache.backends.db import DatabaseCache

pytestmark = pytest.mark.django_db


def test_the_table_is_one_that_djangos_cache_can_use():
    first, second = (DatabaseCache("broker_cache", {}) for _ in range(2))

    first.set("asked", 4, timeout=60)
    second.incr("asked")

    assert first.get("asked") == 5
    first.set("asked", 1, timeout=-1)
    assert second.get("asked") is None
