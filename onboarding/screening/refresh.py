"""Refresh: load every list whose places are known, and screen everybody for what is new on it."""

from collections.abc import Mapping
from datetime import datetime

from onboarding.screening.load import Loaded, load_from
from onboarding.screening.screen import rescreen


def refresh(code: str, places: list[str], *, now: datetime, by=None) -> Loaded:
    """Load one list from its places; a version that is taken is screened for at once (AML-11)."""
    loaded = load_from(code, places, now=now, by=by)
    if loaded.is_taken:
        rescreen(now=now, why=str(loaded.log.version), entries=loaded.new)
    return loaded


def refresh_lists(places: Mapping[str, list[str]], *, now: datetime) -> list[Loaded]:
    """Each list by itself, so that one that does not come keeps no other waiting."""
    return [refresh(code, where, now=now) for code, where in sorted(places.items()) if where]
