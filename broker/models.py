"""The models that the features of this app define."""

from broker.jobs import JobRun
from broker.notices.notice import Notice
from broker.replay.demo_feed import FeedAnchor
from broker.reports.archive import StoredReport

__all__ = ["FeedAnchor", "JobRun", "Notice", "StoredReport"]
