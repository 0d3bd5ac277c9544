"""What notices speak of, fetched for a whole batch of moves: a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext

from django.db.models import Q

from collateral.amounts import EXACT
from collateral.assets import Asset, Kind
from collateral.custody.difference import DifferenceMove
from collateral.haircuts import Haircut
from collateral.prices.price import Price
from lending.liquidation.deficit import Deficit
from lending.margin.account import MarginAccount, MarginMove
from lending.margin.call import MarginCall, MarginCallMove
from lending.margin.cure import Cure, TopUp, cure_of
from lending.margin.ratios import margin_usage
from lending.margin.readings import Reading, read
from lending.margin.relation import MarginRelationMove
from lending.trading.order import Order, OrderMove, OrderState, Side
from onboarding.applications.application import Application, ApplicationMove
from onboarding.applications.people import Applicant
from onboarding.clients import Client, ClientMove, Service, Signatory
from onboarding.enquiries import EnquiryMove
from onboarding.investors.status import InvestorMove, InvestorStatus
from onboarding.lifecycle import Move
from onboarding.proposals import ProposalMove
from onboarding.users import User


@dataclass(slots=True)
class SoldLine:
    """What was sold of one asset, all orders of a call together."""

    asset: Asset
    units: Decimal = Decimal(0)
    gross: Decimal = Decimal(0)
    costs: Decimal = Decimal(0)

    @property
    def price(self) -> Decimal:
        """HKD for one unit on average, before costs."""
        return self.gross / self.units


@dataclass(slots=True)
class Sale:
    """All that was sold for one call; money in HKD."""

    lines: list[SoldLine] = field(default_factory=list)

    @property
    def gross(self) -> Decimal:
        return sum((line.gross for line in self.lines), Decimal(0))

    @property
    def costs(self) -> Decimal:
        return sum((line.costs for line in self.lines), Decimal(0))

    @property
    def proceeds(self) -> Decimal:
        return self.gross - self.costs


@dataclass(frozen=True, slots=True)
class Occurrence:
    """
    One move that is told, and the one client and account it concerns; of an application there is
    no client until it is opened.
    """

    move: Move
    subject: MarginAccount | MarginCall | Order | object
    occasion: str
    client: Client | None
    account: MarginAccount | None

    @property
    def application(self) -> Application | None:
        return self.subject if isinstance(self.subject, Application) else None


class Facts:
    """The people, calls, sales and readings behind a batch of occurrences, as they are at `now`."""

    def __init__(self, occurrences: Iterable[Occurrence], *, now: datetime):
        self.now = now
        occurrences = list(occurrences)
        accounts = {each.account.pk: each.account for each in occurrences if each.account}
        clients = {each.client.pk for each in occurrences if each.client}
        self._accounts = accounts
        self._readings = {r.account_id: r for r in read(now=now, account_ids=sorted(accounts))}
        self._calls = _calls_of(occurrences)
        self._sales = _sales_of({call.pk for call in self._calls.values()})
        self._deficits = {
            deficit.call_id: deficit
            for deficit in Deficit.objects.filter(call__in=list(self._calls.values()))
        }
        self._assets = list(Asset.objects.filter(kind=Kind.VA, marginable=True).order_by("pk"))
        self._top_ups = _top_ups(self._assets, now=now)
        self._signatories = _signatories(clients)
        self._managers = _managers(clients, now=now)
        self._applicants = _applicants({e.application.pk for e in occurrences if e.application})

    def people(self, occurrence: Occurrence) -> list[User]:
        """Whom it is told: who signs for the client, or fills in the application."""
        if occurrence.application:
            return self._applicants.get(occurrence.application.pk, [])
        return self._signatories.get(occurrence.client.pk, [])

    def manager(self, occurrence: Occurrence) -> User | None:
        """The relationship manager who gets a copy."""
        if occurrence.application:
            return occurrence.application.manager
        return self._managers.get(occurrence.client.pk)

    def context(self, occurrence: Occurrence) -> dict:
        """What the templates of one occurrence may speak of."""
        account = occurrence.account
        call = self._calls.get((type(occurrence.move), occurrence.move.pk))
        reading = account and self._readings.get(account.pk)
        priced = reading if reading and reading.is_priced else None
        cure = priced and self._cure(account, priced)
        return {
            "move": occurrence.move,
            "client": occurrence.client,
            "application": occurrence.application,
            "account": account,
            "terms": account and account.terms,
            "manager": self.manager(occurrence),
            "now": self.now,
            "order": occurrence.subject if isinstance(occurrence.subject, Order) else None,
            "status": _status_of(occurrence.subject),
            "call": call,
            "sale": call and self._sales.get(call.pk, Sale()),
            "deficit": call and self._deficits.get(call.pk),
            "reading": priced,
            "owed": reading and reading.debt,
            "usage": priced and margin_usage(priced.debt, priced.margin_value),
            "cure": cure,
            "pledges": [
                (asset, units)
                for asset in self._assets
                if cure and (units := cure.units.get(asset.code))
            ],
        }

    def _cure(self, account: MarginAccount, reading: Reading) -> Cure:
        return cure_of(
            debt=reading.debt,
            margin_value=reading.margin_value,
            credit_limit=reading.credit_limit,
            policy_amount=reading.policy_amount,
            levels=account.terms.levels,
            top_ups=self._top_ups,
        )


def _status_of(subject: object) -> InvestorStatus | None:
    return subject if isinstance(subject, InvestorStatus) else None


def _calls_of(occurrences: list[Occurrence]) -> dict[tuple[type[Move], int], MarginCall]:
    """The call that each move belongs to: its subject, or the one that began or ended with it."""
    calls = {
        (MarginCallMove, each.move.pk): each.subject
        for each in occurrences
        if isinstance(each.move, MarginCallMove)
    }
    of_accounts = [each for each in occurrences if isinstance(each.move, MarginMove)]
    moments = {each.move.moved_at for each in of_accounts}
    near: dict[tuple[int, datetime], MarginCall] = {}
    for call in MarginCall.objects.filter(
        Q(issued_at__in=moments) | Q(ended_at__in=moments),
        account__in={each.account.pk for each in of_accounts},
    ).order_by("pk"):
        near[call.account_id, call.issued_at] = call
        if call.ended_at:
            near[call.account_id, call.ended_at] = call
    for each in of_accounts:
        call = near.get((each.account.pk, each.move.moved_at))
        if call:
            calls[MarginMove, each.move.pk] = call
    return calls


def _sales_of(call_ids: set[int]) -> dict[int, Sale]:
    sales: dict[int, Sale] = defaultdict(Sale)
    lines: dict[tuple[int, int], SoldLine] = {}
    orders = Order.objects.filter(call__in=call_ids, side=Side.SELL, state=OrderState.FILLED)
    for order in orders.select_related("asset").order_by("pk"):
        key = order.call_id, order.asset_id
        if key not in lines:
            lines[key] = SoldLine(order.asset)
            sales[order.call_id].lines.append(lines[key])
        with localcontext(EXACT):
            lines[key].units += order.filled_units
            lines[key].gross += order.gross
            lines[key].costs += order.costs
    return sales


def _top_ups(assets: list[Asset], *, now: datetime) -> list[TopUp]:
    """The virtual assets that may be pledged to cure, at fresh prices."""
    haircuts = {each.asset_id: each.lending for each in Haircut.objects.in_force(at=now)}
    prices = {
        price.asset_id: price
        for price in Price.objects.latest_of_each(now=now)
        if price.fresh_until >= now
    }
    wide = {pk: min(Decimal(1), haircuts[pk] + prices[pk].widen) for pk in haircuts if pk in prices}
    return [
        TopUp(asset.code, prices[asset.pk].value, wide[asset.pk], asset.step)
        for asset in assets
        if asset.pk in prices and asset.pk in haircuts
    ]


def _signatories(client_ids: set[int]) -> dict[int, list[User]]:
    signing: dict[int, list[User]] = defaultdict(list)
    for each in (
        Signatory.objects.filter(client__in=client_ids, user__is_active=True)
        .select_related("user")
        .order_by("pk")
    ):
        signing[each.client_id].append(each.user)
    return signing


def _applicants(application_ids: set[int]) -> dict[int, list[User]]:
    filling: dict[int, list[User]] = defaultdict(list)
    rows = Applicant.objects.filter(application__in=application_ids, user__is_active=True)
    for each in rows.select_related("user").order_by("pk"):
        filling[each.application_id].append(each.user)
    return filling


def _managers(client_ids: set[int], *, now: datetime) -> dict[int, User]:
    on = now.date()
    serving = Service.objects.filter(
        Q(until_date=None) | Q(until_date__gt=on), client__in=client_ids, from_date__lte=on
    )
    return {
        each.client_id: each.manager
        for each in serving.select_related("manager").order_by("from_date")
    }


def occurrences_of(model: type[Move], moves: list[Move], occasions) -> list[Occurrence]:
    """Those of `moves` that are told, with whom they concern; one query for all subjects."""
    told = [move for move in moves if move.step in occasions]
    subjects = _subjects(model, {move.subject_id for move in told})
    found = []
    for move in told:
        subject = subjects[move.subject_id]
        occasion = occasions[move.step](move, subject)
        if occasion is None:
            continue
        account = subject if model is MarginMove else getattr(subject, "account", None)
        if model is ClientMove:
            client = subject
        else:
            client = account.client if account else subject.client
        found.append(Occurrence(move, subject, occasion, client, account))
    return found


def _subjects(model: type[Move], ids: set[int]) -> dict[int, object]:
    related = {
        MarginMove: ("client", "terms"),
        MarginCallMove: ("account__client", "account__terms"),
        OrderMove: ("account__client", "account__terms", "asset"),
        MarginRelationMove: ("client",),
        ClientMove: (),
        InvestorMove: ("client",),
        EnquiryMove: ("client",),
        ProposalMove: ("client",),
        ApplicationMove: ("client", "manager"),
        DifferenceMove: ("client",),
    }.get(model, ())
    subject = model._meta.get_field("subject").related_model
    return subject.objects.select_related(*related).in_bulk(ids)
