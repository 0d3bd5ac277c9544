"""What the timetable asks of lending. Each looks for rows that are due: a missed turn is late."""

from celery import shared_task
from django.utils import timezone

from lending.liquidation.execute import work
from lending.loans import accrue as interest
from lending.loans.flows import flows
from lending.margin.sweep import sweep
from lending.margin.terms_change import follow_terms as put_on_terms_in_force
from lending.trading.actions import apply_due_actions
from lending.trading.venues import venue_named
from onboarding.credit.profile import declared_means
from onboarding.payloads import today
from onboarding.screening.monitoring.watch import horizon, watch


@shared_task(expires=5, soft_time_limit=60, time_limit=90)
def sweep_margins(**_):
    """A sweep that nobody began within five seconds gives way to the next one."""
    sweep(now=timezone.now())


@shared_task(expires=60, soft_time_limit=60, time_limit=90)
def follow_terms(**_):
    """Accounts go over to approved terms whose time has come; a missed turn is caught up."""
    put_on_terms_in_force(now=timezone.now())


@shared_task(expires=5, soft_time_limit=60, time_limit=90)
def work_liquidations(**_):
    """A run that is ended at its limit leaves at most one order to be asked for at the venue."""
    work(now=timezone.now(), venue=venue_named("paper"))


@shared_task(expires=60, soft_time_limit=300, time_limit=330)
def apply_corporate_actions(**_):
    """Those whose ex-date has begun; one that was approved late is applied late, not lost."""
    apply_due_actions(now=timezone.now())


@shared_task(expires=3600, soft_time_limit=600, time_limit=660)
def accrue_interest(**_):
    """Writes every day that is over and not yet written, so a missed night is caught up."""
    interest.accrue(now=timezone.now())


@shared_task(expires=3600, soft_time_limit=600, time_limit=660)
def post_interest(**_):
    """Once a month, however often it is asked."""
    interest.post_interest(now=timezone.now())


@shared_task(expires=3600, soft_time_limit=600, time_limit=660)
def watch_transactions(**_):
    """What lending knows of is handed to the monitoring, which knows no lending (AML-10)."""
    now = timezone.now()
    means = declared_means(on=today(now))
    watch(flows(since=horizon(now=now), now=now), means=means, now=now)
