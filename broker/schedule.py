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
    "apply corporate actions": _every("lending.tasks.apply_corporate_actions", seconds=60),
    "expire proposals": _every("onboarding.tasks.expire_proposals", seconds=60),
    "scan documents": _every("onboarding.tasks.scan_documents", seconds=60),
    "expire applications": _every("onboarding.tasks.expire_applications", seconds=3600),
    "remind applicants": _every("broker.tasks.remind_applicants", seconds=3600),
    "send notices": _every("broker.tasks.send_notices", seconds=15),
    # Every hour of the day, so that a missed night is made up for; each lapse happens once.
    "renew investors": _at("onboarding.tasks.renew_investors", crontab(minute=10)),
    "thin quotes": _at("collateral.tasks.thin_quotes", crontab(hour=4, minute=15)),
    # Before the month is posted, so that its last day is in it.
    "accrue interest": _at("lending.tasks.accrue_interest", crontab(hour=0, minute=5)),
    "post interest": _at("lending.tasks.post_interest", crontab(day_of_month=1, hour=0, minute=30)),
    "load lists": _at("onboarding.tasks.load_screening_lists", crontab(hour=1, minute=30)),
    "rescreen": _at("onboarding.tasks.rescreen_everybody", crontab(hour=2, minute=30)),
    "watch transactions": _at("lending.tasks.watch_transactions", crontab(hour=3, minute=30)),
    "alarm held sales": _every("broker.tasks.alarm_held_sales", seconds=60),
    "watch custody": _at("broker.tasks.watch_custody", crontab(hour="8-20", minute=10)),
    "reconcile custody": _at("broker.tasks.reconcile_custody", crontab(hour=7, minute=20)),
    "custody exceptions": _at("broker.tasks.custody_exceptions", crontab(hour="7-23", minute=40)),
    # After the night's interest; the later turns make up for a night that was missed.
    "client documents": _at("broker.tasks.client_documents", crontab(minute=45)),
    # Once a day: the later turns make up for a morning that was missed.
    "margin book": _at("broker.tasks.margin_book", crontab(hour="7-23", minute=30)),
    "credit reviews": _at("broker.tasks.credit_reviews", crontab(hour="8-23", minute=5)),
}
