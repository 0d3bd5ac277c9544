"""
Of every step of every machine: what the client is told of it, or why nothing is said.

One thing that happens may be several steps: a call that is cured moves the account and the call.
Then one of them tells it and the other is silent, so that it is told once.
"""

from collections.abc import Callable
from typing import Any

from collateral.custody.difference import DifferenceMove
from collateral.prices.venue_health import VenueHealthMove
from lending.margin.account import MarginMove, State
from lending.margin.call import MarginCallMove
from lending.margin.relation import MarginRelationMove
from lending.trading.order import OrderMove, Side
from onboarding.applications.application import ApplicationMove
from onboarding.clients import ClientMove
from onboarding.enquiries import EnquiryMove
from onboarding.investors.status import InvestorMove
from onboarding.lifecycle import Move
from onboarding.proposals import ProposalMove
from onboarding.screening.cases import CaseMove, StopMove
from onboarding.screening.hits import HitMove
from onboarding.screening.monitoring.alerts import AlertMove
from onboarding.screening.payments import PaymentMove

# The name of a pair of templates in templates/notices, given a move and its subject; None where
# this one is silent after all.
Occasion = Callable[[Move, Any], str | None]


def _same(name: str) -> Occasion:
    return lambda move, subject: name


def _after_a_call_or_a_sale(move: Move, account) -> str:
    sold = move.source == State.LIQUIDATING
    return "margin_account/sold" if sold else "margin_account/ease"


def _hard_line(move: Move, call) -> str:
    """A call born by the very reading that sells tells both at once."""
    gapped = call.issued_at == move.moved_at
    return "margin_call/gap" if gapped else "margin_call/liquidate"


def _purchase(name: str) -> Occasion:
    """A sale is told when it is over, with everything that was sold."""
    return lambda move, order: name if order.side == Side.BUY else None


TOLD: dict[type[Move], dict[str, Occasion]] = {
    MarginMove: {
        "warn": _same("margin_account/warn"),
        "recover": _same("margin_account/recover"),
        "call": _same("margin_account/call"),
        "cure": _same("margin_account/cure"),
        "ease": _after_a_call_or_a_sale,
        "restore": _same("margin_account/sold"),
        "fall_into_deficit": _same("margin_account/deficit"),
    },
    MarginCallMove: {
        "part_cure": _same("margin_call/part_cure"),
        "accelerate": _same("margin_call/accelerate"),
        "lapse": _same("margin_call/lapse"),
        "renew": _same("margin_call/renew"),
        "expire": _same("margin_call/expire"),
        "liquidate": _hard_line,
    },
    OrderMove: {
        "fill": _purchase("order/fill"),
        "cancel": _purchase("order/cancel"),
    },
    MarginRelationMove: {
        "suspend": _same("margin_relation/suspend"),
        "resume": _same("margin_relation/resume"),
    },
    ClientMove: {
        "suspend": _same("client/suspend"),
        "reactivate": _same("client/reactivate"),
        "close": _same("client/close"),
    },
    InvestorMove: {
        "confirm": _same("investor/confirm"),
        "remind": _same("investor/remind"),
        "lapse": _same("investor/lapse"),
        "withdraw": _same("investor/withdraw"),
    },
    EnquiryMove: {},
    ApplicationMove: {
        "submit": _same("application/submit"),
        "ask": _same("application/ask"),
        "open": _same("application/open"),
        "refuse": _same("application/refuse"),
        "withdraw": _same("application/withdraw"),
        "expire": _same("application/expire"),
    },
    ProposalMove: {},
    PaymentMove: {
        "hold": _same("payment/hold"),
        "release": _same("payment/release"),
        "give_back": _same("payment/give_back"),
    },
    HitMove: {},
    CaseMove: {},
    StopMove: {},
    AlertMove: {},
    DifferenceMove: {},
    VenueHealthMove: {},
}

# Whoever is told of these is tipped off (AML-12).
_SECRET = "nobody is told what is suspected"

SILENT: dict[type[Move], dict[str, str]] = {
    MarginMove: {
        "liquidate": "told by the call: expire, liquidate or gap",
        "close": "told by the client: close",
    },
    MarginCallMove: {
        "acknowledge": "the client's own act",
        "cure": "told by the account: cure or ease",
        "close": "told by the account: sold or deficit",
    },
    OrderMove: {
        "send": "told when it has ended",
        "doubt": "told when the venue has answered",
    },
    MarginRelationMove: {
        "activate": "the agreement that opens it is the client's own act",
        "close": "told by the client: close",
    },
    ClientMove: {},
    InvestorMove: {"replace": "told by the newer status: confirm"},
    EnquiryMove: {"close": "the house's own question"},
    ApplicationMove: {
        "answer": "the applicant's own act",
        "approve": "told when it is opened, in the same transaction",
    }
    | dict.fromkeys(
        ("take", "pass_to_credit", "hand_back"),
        "the house's own: the applicant is told when something is needed, and the end",
    ),
    DifferenceMove: dict.fromkeys(
        ("see", "hand_to", "close"), "the house's own: staff have a page and a report of them"
    ),
    VenueHealthMove: dict.fromkeys(
        ("degrade", "fall", "mend", "recover"), "the house's own: staff are alarmed (alarms.py)"
    ),
    # What was approved is told by what it changed.
    ProposalMove: dict.fromkeys(
        ("approve", "refuse", "withdraw", "expire"), "the house's own: staff have an inbox of them"
    ),
    PaymentMove: {"own": "told by what the money was for"},
    HitMove: dict.fromkeys(("find_false", "find_true", "supersede"), _SECRET),
    CaseMove: dict.fromkeys(("report", "close"), _SECRET),
    StopMove: {"lift": _SECRET},
    AlertMove: dict.fromkeys(("clear", "escalate"), _SECRET),
}
