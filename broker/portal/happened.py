"""What happened on an account, newest first, in the client's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from broker.templatetags.harbour import had, hkt, owed, percent, price, units_short
from collateral.custody.movements import Movement, Place
from lending.loans.draw import Draw, Purpose
from lending.loans.repay import Repayment, Source
from lending.margin.account import MarginAccount, MarginMove, State
from lending.margin.call import MarginCall, MarginCallMove
from lending.margin.terms import MarginTerms
from lending.trading.order import Order, OrderState, Side


@dataclass(frozen=True, slots=True)
class Happening:
    """`colour` names a zone of the theme where one was entered or left, else it is empty."""

    at: datetime
    text: str
    colour: str = ""


# A call's own steps that its account's steps or the act behind them tell already.
TOLD_ELSEWHERE = ("cure", "close", "part_cure")
CALL_STEPS = {
    "acknowledge": ("You acknowledged the margin call", ""),
    "accelerate": ("The deadline came nearer: your debt is close to the hard line", "call"),
    "lapse": ("The deadline passed; too little was missing to sell for", "call"),
    "renew": ("The shortfall came back: a new notice, with a new deadline", "call"),
    "expire": ("The deadline passed: we began to sell collateral", "sale"),
    "liquidate": ("Past the hard line: we began to sell collateral", "sale"),
}


def happened(account: MarginAccount, *, limit: int) -> list[Happening]:
    """The last `limit` things that happened: steps, draws, repayments, pledges and trades."""
    # Of one moment, what follows from another stands above it: a cure above its payment.
    everything = [
        *_account_steps(account, limit),
        *_trades(account, limit),
        *_repayments(account, limit),
        *_draws(account, limit),
        *_pledges(account, limit),
        *_call_steps(account, limit),
        *_calls(account, limit),
    ]
    return sorted(everything, key=lambda one: one.at, reverse=True)[:limit]


def _account_steps(account: MarginAccount, limit: int) -> Iterator[Happening]:
    # A call and a sale are told by the call itself; so only what begins or ends elsewhere is here.
    moves = MarginMove.objects.filter(subject=account).exclude(step__in=["call", "liquidate"])
    for move in moves.order_by("-moved_at", "-pk")[:limit]:
        yield Happening(move.moved_at, *said_of(move, account.terms))


def said_of(move: MarginMove, levels: MarginTerms) -> tuple[str, str]:
    """A step of the account in words, and the colour of the zone that it entered."""
    sale_over = move.source == State.LIQUIDATING
    ended = "The sale is over" if sale_over else "The margin call is cured"
    return {
        "warn": (f"Usage went above {percent(levels.warn)}", "watch"),
        "recover": (f"Usage is back at {percent(levels.calm)} or less", "safe"),
        "cure": (ended, "safe"),
        "restore": (ended, "safe"),
        "ease": (f"{ended}; usage is still above {percent(levels.warn)}", "watch"),
        "fall_into_deficit": ("Nothing was left to sell; some debt is uncovered", "sale"),
        "close": ("The account was closed", ""),
    }[move.step]


def _calls(account: MarginAccount, limit: int) -> Iterator[Happening]:
    for call in MarginCall.objects.filter(account=account).order_by("-issued_at")[:limit]:
        text = said_of_call(call)
        yield Happening(call.issued_at, text, "call")


def said_of_call(call: MarginCall) -> str:
    text = f"Margin call {call.number}: HKD {owed(call.call_amount)}"
    # A call that leaves no time was issued and sold for in one step.
    if call.cure_due_at > call.issued_at:
        text += f" by {hkt(call.cure_due_at)}"
    return text


def _call_steps(account: MarginAccount, limit: int) -> Iterator[Happening]:
    moves = MarginCallMove.objects.filter(subject__account=account)
    moves = moves.exclude(step__in=TOLD_ELSEWHERE)
    for move in moves.order_by("-moved_at", "-pk")[:limit]:
        yield Happening(move.moved_at, *CALL_STEPS[move.step])


def _draws(account: MarginAccount, limit: int) -> Iterator[Happening]:
    draws = Draw.objects.filter(account=account).select_related("asset")
    for draw in draws.order_by("-drawn_at", "-pk")[:limit]:
        is_kept = draw.purpose != Purpose.BUY
        purpose = "kept as purchasing cash" if is_kept else f"to buy {draw.asset}"
        yield Happening(draw.drawn_at, f"Drew HKD {owed(draw.amount)}, {purpose}")


def _repayments(account: MarginAccount, limit: int) -> Iterator[Happening]:
    repayments = Repayment.objects.filter(account=account)
    for repayment in repayments.order_by("-paid_at", "-pk")[:limit]:
        amount = f"HKD {had(repayment.amount)}"
        from_cash = f"{amount} of cash in the account met the debt"
        text = from_cash if repayment.source == Source.CASH else f"Repaid {amount}"
        yield Happening(repayment.paid_at, text)


def _pledges(account: MarginAccount, limit: int) -> Iterator[Happening]:
    pledged = Movement.objects.filter(to_pool=account.pool_id, from_place=Place.CLIENT)
    for movement in pledged.select_related("asset").order_by("-moved_at", "-pk")[:limit]:
        amount = units_short(movement.units)
        yield Happening(movement.moved_at, f"Pledged {amount} {movement.asset}")


def _trades(account: MarginAccount, limit: int) -> Iterator[Happening]:
    traded = Order.objects.filter(account=account, state=OrderState.FILLED)
    for order in traded.select_related("asset").order_by("-ended_at", "-pk")[:limit]:
        verb = "Sold" if order.side == Side.SELL else "Bought"
        colour = "sale" if order.call_id else ""
        amount = units_short(order.filled_units)
        yield Happening(
            order.ended_at,
            f"{verb} {amount} {order.asset} at {price(order.price)}, costs {owed(order.costs)}",
            colour,
        )
