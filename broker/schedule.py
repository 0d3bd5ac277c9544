"""
The timetable: when each job is due, in Hong Kong time.

A job looks for rows that are due, so a run that is missed delays work and loses none. A message
that was not taken by the next turn has `expires` and is thrown away.
"""

from celery.schedules import crontab


def _every(task: str, *, seconds: int) -> dict:
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def _at(task: str, when: crontab) -> dict:
    return {"task": task, "schedule": when, "options": {"expires": 3600}}


TIMETABLE = {
    "refresh prices": _every("collateral.tasks.refresh_prices", seconds=5),
    "watch volatility": _every("collateral.tasks.watch_volatility", seconds=60),
    "sweep margins": _every("lending.tasks.sweep_margins", seconds=5),
    "work liquidations": _every("lending.tasks.work_liquidations", seconds=5),
    "follow terms": _every("lending.tasks.follow_terms", seconds=60),
    "expire proposals": _every("onboarding.tasks.expire_proposals", seconds=60),
    "send notices": _every("broker.tasks.send_notices", seconds=15),
    "thin quotes": _at("collateral.tasks.thin_quotes", crontab(hour=4, minute=15)),
    # Before the month is posted, so that its last day is in it.
    "accrue interest": _at("lending.tasks.accrue_interest", crontab(hour=0, minute=5)),
    "post interest": _at("lending.tasks.post_interest", crontab(day_of_month=1, hour=0, minute=30)),
    # Once a day: the later turns make up for a morning that was missed.
    "margin book": _at("broker.tasks.margin_book", crontab(hour="7-23", minute=30)),
}
