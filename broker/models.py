"""The models that the features of this app define."""

from broker.jobs import JobRun
from broker.notices.notice import Notice
from broker.replay.demo_feed import FeedAnchor
from broker.reports import deadlines  # noqa: F401 - declares its parameters
from broker.reports.archive import StoredReport
from broker.reports.documents import AccountDocument, DocumentRun

__all__ = ["AccountDocument", "DocumentRun", "FeedAnchor", "JobRun", "Notice", "StoredReport"]
