"""
The demonstration's past: a month of interest and five days of dealing, by the engine itself.

Every step of it is an act of the house taken at its own time: advances, purchases, repayments,
pledges, sweeps, calls and what the clients answered, with the notices of each and the margin book
of the morning. The prices of these five days are those of the recording before its crash, drawn
out over them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from broker.notices.announce import announce_reports
from broker.notices.documents import announce_documents
from broker.notices.send import send
from broker.notices.tell import tell
from broker.replay.demo_custody import STATED, custody_proposals, keep_custody
from broker.replay.demo_desk import Asked, proposals, put_on_desks
from broker.replay.demo_feed import BEGINS, FeedAnchor, PlayedFeed, recording
from broker.replay.demo_firm import Borrower, Firm, found_firm, held_back
from broker.reports.document_make import make_documents
from broker.reports.morning import morning_book
from collateral.amounts import round_down, round_up
from collateral.assets import Asset, Kind
from collateral.prices.consensus import RECORDED
from collateral.prices.market_hours import HKT
from collateral.prices.refresh import refresh
from lending.loans.accrue import accrue, post_interest
from lending.loans.draw import draw
from lending.loans.repay import repay
from lending.margin.call import MarginCall
from lending.margin.cure import cash_to_cure
from lending.margin.pledge import pledge
from lending.margin.readings import read
from lending.margin.sweep import open_call, sweep
from lending.trading.buy import buy
from lending.trading.venues import venue_named
from onboarding.clients import Signatory
from onboarding.lifecycle import move
from onboarding.users import User

OPENED = timedelta(days=30)
DEALT = timedelta(days=5)
DECIDED_AFTER = timedelta(minutes=50)
LAST_PRICES_AT = time(23, 59, 30)
ACCRUES_AT, POSTS_AT, DOCUMENTS_AT, REPORTS_AT = time(0, 5), time(0, 30), time(0, 45), time(7, 30)
# A cure is paid with a little more than it takes; an answer in part is a third.
PAID_TO = Decimal("0.91")
A_THIRD = Decimal(3)
HUNDRED, THOUSAND = Decimal(100), Decimal(1000)


class NotADemonstration(Exception):
    """The database holds a house already, and it is not the demonstration's."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened at a time; what happens at one time happens in the order given."""

    at: datetime
    do: Callable[[datetime], object]


def ensure_demonstration(*, now: datetime) -> bool:
    """
    Enter the firm and its past, up to `now`, unless they are there; whether they are new.

    All of it or nothing.

    :raises NotADemonstration: somebody is in the database, and no demonstration ever began in it
    """
    with transaction.atomic():
        if FeedAnchor.objects.exists():
            return False
        if User.objects.exists():
            raise NotADemonstration(
                "This database holds a house already. The demonstration makes one of its own:"
                " give it an empty database, or leave DATABASE_URL out."
            )
        history = _History(now)
        for act in sorted(history.acts(), key=lambda act: act.at):
            act.do(act.at)
        FeedAnchor.objects.create(real_at=now, recorded_at=BEGINS, speed=1)
    return True


class _History:
    """The script of one firm's past, which ends at `ends`."""

    def __init__(self, ends: datetime):
        self.ends = ends
        self.feed = PlayedFeed(self._played_at)
        self.firm: Firm = found_firm(self._prices_at(ends), now=ends - OPENED)
        self.venue = venue_named("paper")

    def acts(self) -> Iterator[Act]:
        yield from self._nights()
        yield from self._dealing()
        yield from self._calls()
        yield from self._warnings()
        yield from self._desks()
        # What everybody stands at when the demonstration begins.
        yield Act(self.ends, lambda at: self._round(at))

    def _played_at(self, at: datetime) -> datetime:
        """The five days are the hours of the recording before its beginning, drawn out."""
        before = BEGINS - recording().starts_at
        drawn_out = (self.ends - at) * (before / DEALT)
        return max(recording().starts_at + timedelta(minutes=1), BEGINS - drawn_out)

    def _prices_at(self, at: datetime) -> dict[str, Decimal]:
        codes = (*recording().series, "USD")
        return {code: self.feed.quote(code, now=at).price for code in codes}

    def _nights(self) -> Iterator[Act]:
        """Each night's interest and documents, a month's posting, the last morning's book."""
        first, last = (at.astimezone(HKT).date() for at in (self.ends - OPENED, self.ends))
        for night in range(1, (last - first).days + 1):
            day = first + timedelta(days=night)
            # The prices that a statement of the day before ends with.
            yield self._if_past(day - timedelta(days=1), LAST_PRICES_AT, self._refresh)
            yield self._if_past(day, ACCRUES_AT, lambda at: accrue(now=at))
            if day.day == 1:
                yield self._if_past(day, POSTS_AT, lambda at: post_interest(now=at))
            yield self._if_past(day, DOCUMENTS_AT, self._documents)
        mornings = [datetime.combine(last - timedelta(days=n), REPORTS_AT, HKT) for n in (0, 1)]
        yield Act(next(at for at in mornings if at <= self.ends), self._report)

    def _if_past(self, day, clock: time, do) -> Act:
        """A night that is not over by the end of the script is the timetable's to do."""
        at = datetime.combine(day, clock, HKT)
        return Act(at, do) if at <= self.ends else Act(self.ends, lambda at: None)

    def _refresh(self, at: datetime) -> None:
        refresh([self.feed], now=at, rule=RECORDED)

    def _documents(self, at: datetime) -> None:
        make_documents(now=at, tell=lambda made: announce_documents(made, now=at))
        send(now=at)

    def _report(self, at: datetime) -> None:
        refresh([self.feed], now=at, rule=RECORDED)
        morning_book(now=at, tell=lambda made: announce_reports(made, now=at))
        send(now=at)

    def _dealing(self) -> Iterator[Act]:
        for story, do in (
            ("bought", self._buy),
            ("drew", self._draw),
            ("repaid", self._repay),
            ("pledged", self._pledge),
        ):
            for place, borrower in enumerate(self.firm.that(story)):
                at = self.ends - timedelta(days=4, hours=-7 * place, minutes=13 * place)
                yield Act(at, self._then(do, borrower))

    def _calls(self) -> Iterator[Act]:
        for story, answer in (
            ("called", None),
            ("acknowledged", self._acknowledge),
            ("part cured", self._answer_in_part),
            ("cured", self._cure),
        ):
            for borrower in self.firm.in_story(story):
                called_at = self._told_at(borrower)
                yield Act(called_at, self._then(self._sweep, borrower))
                if answer:
                    yield Act(called_at + timedelta(minutes=95), self._then(answer, borrower))

    def _warnings(self) -> Iterator[Act]:
        for borrower in self.firm.in_story("warned"):
            yield Act(self._told_at(borrower), self._then(self._sweep, borrower))

    def _desks(self) -> Iterator[Act]:
        of_custody = custody_proposals(self.firm, ends=self.ends)
        for asked in (*proposals(self.firm, ends=self.ends), *of_custody):
            yield Act(self.ends - asked.ago, self._asking(asked))
        yield Act(self.ends - STATED, lambda at: keep_custody(self.firm, at=at))

    def _asking(self, asked: Asked) -> Callable[[datetime], None]:
        return lambda at: put_on_desks(self.firm, asked, at=at, decided_after=DECIDED_AFTER)

    def _told_at(self, borrower: Borrower) -> datetime:
        """So many minutes before the end, as the last word of the story says."""
        minutes = int(borrower.person.story.rpartition(" ")[2])
        return self.ends - timedelta(minutes=minutes)

    def _then(self, do, borrower: Borrower) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            refresh([self.feed], now=at, rule=RECORDED)
            do(borrower, at)
            self._tell(at)

        return act

    def _round(self, at: datetime) -> None:
        refresh([self.feed], now=at, rule=RECORDED)
        sweep(now=at)
        self._tell(at)

    def _tell(self, at: datetime) -> None:
        tell(now=at)
        send(now=at)

    # --- What a client did ------------------------------------------------------------------

    def _sweep(self, borrower: Borrower, at: datetime) -> None:
        sweep(now=at, account_ids=[borrower.account.pk])

    def _buy(self, borrower: Borrower, at: datetime) -> None:
        code = next(code for code in ("BTC", "ETH") if code in borrower.pledges)
        buy(
            borrower.account,
            self.firm.house.assets[code],
            self._part(borrower, "0.035"),
            venue=self.venue,
            key=self._key("buy", borrower),
            by=_signs(borrower),
            now=at,
        )

    def _draw(self, borrower: Borrower, at: datetime) -> None:
        amount = self._part(borrower, "0.05")
        key = self._key("draw", borrower)
        draw(borrower.account, amount, key=key, by=_signs(borrower), now=at)

    def _repay(self, borrower: Borrower, at: datetime) -> None:
        amount = self._part(borrower, "0.08")
        key = self._key("repay", borrower)
        repay(borrower.account, amount, key=key, by=_signs(borrower), now=at)

    def _pledge(self, borrower: Borrower, at: datetime) -> None:
        for code in borrower.pledges:
            asset: Asset = self.firm.house.assets[code]
            if asset.kind == Kind.VA:
                pledge(
                    borrower.account,
                    asset,
                    held_back(borrower, code, self.firm.house),
                    key=self._key(f"pledge-{code}", borrower),
                    by=_signs(borrower),
                    now=at,
                )

    def _acknowledge(self, borrower: Borrower, at: datetime) -> None:
        call = open_call(borrower.account)
        move(
            call,
            MarginCall.acknowledge,
            reason="read in the portal",
            mover=_signs(borrower),
            now=at,
        )

    def _answer_in_part(self, borrower: Borrower, at: datetime) -> None:
        amount = round_down(self._to(borrower, Decimal("0.95"), at) / A_THIRD, THOUSAND)
        key = self._key("part", borrower)
        repay(borrower.account, max(amount, THOUSAND), key=key, by=_signs(borrower), now=at)

    def _cure(self, borrower: Borrower, at: datetime) -> None:
        amount = round_up(self._to(borrower, PAID_TO, at), HUNDRED)
        key = self._key("cure", borrower)
        repay(borrower.account, amount, key=key, by=_signs(borrower), now=at)

    def _to(self, borrower: Borrower, level: Decimal, at: datetime) -> Decimal:
        """The cash that brings usage down to `level`."""
        [reading] = read(now=at, account_ids=[borrower.account.pk])
        return cash_to_cure(
            debt=reading.debt,
            margin_value=reading.margin_value,
            credit_limit=reading.credit_limit,
            policy_amount=reading.policy_amount,
            level=level,
        )

    def _part(self, borrower: Borrower, part: str) -> Decimal:
        return round_down(borrower.debt * Decimal(part), HUNDRED)

    def _key(self, act: str, borrower: Borrower) -> str:
        return f"demo-{act}-{borrower.account.number}"


def _signs(borrower: Borrower) -> User:
    signing = Signatory.objects.select_related("user").filter(client=borrower.account.client)
    return signing.order_by("pk")[0].user
