"""The models that the features of this app define."""

from lending.ledger.chart import LedgerAccount, Subledger
from lending.ledger.journal import Entry, Posting
from lending.limits.group_limit import GroupLimit
from lending.liquidation.deficit import Deficit
from lending.loans import benchmark_change  # noqa: F401 - registers its command
from lending.loans.accrue import Accrual, InterestCharge, InterestPosting
from lending.loans.draw import Draw
from lending.loans.rates import BenchmarkRate
from lending.loans.repay import Repayment
from lending.margin import closing, terms_change, transfer_commands  # noqa: F401 - register theirs
from lending.margin.account import MarginAccount, MarginMove
from lending.margin.call import MarginCall, MarginCallMove
from lending.margin.limit_change import CreditLimitChange
from lending.margin.opening import Opening
from lending.margin.relation import MarginRelation, MarginRelationMove
from lending.margin.terms import MarginTerms
from lending.margin.transfer import SecuritiesTransfer
from lending.trading import entitlement_payment  # noqa: F401 - registers its command
from lending.trading.order import Order, OrderMove
from lending.trading.venues.paper import PaperTrade

__all__ = [
    "Accrual",
    "BenchmarkRate",
    "CreditLimitChange",
    "Deficit",
    "Draw",
    "Entry",
    "GroupLimit",
    "InterestCharge",
    "InterestPosting",
    "LedgerAccount",
    "MarginAccount",
    "MarginCall",
    "MarginCallMove",
    "MarginMove",
    "MarginRelation",
    "MarginRelationMove",
    "MarginTerms",
    "Opening",
    "Order",
    "OrderMove",
    "PaperTrade",
    "Posting",
    "Repayment",
    "SecuritiesTransfer",
    "Subledger",
]
