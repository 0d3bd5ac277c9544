"""
Makes what a story starts with. A thing is made in its first state; it gets further by its steps.

Everything goes through the product's own doors: pledges are movements, debts are draws' postings.
"""

import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from broker.replay.accounts import Opening, open_accounts
from broker.replay.credit import Means, assess_all
from broker.replay.house import House, found_house
from collateral.assets import Asset
from collateral.custody.movements import Place, Transfer, record
from collateral.prices.daily_file import DailyFile, day_before
from collateral.prices.price import NewPrice, Price, keep
from lending.ledger import entries
from lending.ledger.post import Event, post
from lending.margin.account import MarginAccount
from onboarding.clients import Client, Service, Signatory
from onboarding.credit.profile import CreditAssessment
from onboarding.disclosures.acceptance import accept_for_many
from onboarding.disclosures.text import Language
from onboarding.investors.founding import found_investors
from onboarding.parameters import Parameter, Unit, UnknownParameter, declare, declared
from onboarding.users import Role, User

LONG_AGO = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # A Monday morning in Hong Kong.
NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)  # A Wednesday, 12:00 in Hong Kong.
FRESH = timedelta(seconds=90)
RICH = Decimal(10) ** 15
_numbers = itertools.count(1)


def staff(role: str = Role.RISK_OFFICER, **fields) -> User:
    number = next(_numbers)
    return User.objects.create_user(
        f"{role}{number}",
        f"{role}{number}@harbour.test",
        "secret",
        role=role,
        is_staff=True,
        **fields,
    )


def client_user(account: MarginAccount | None = None, **fields) -> User:
    """A login of a client; with `account`, a signatory of the client whose account it is."""
    number = next(_numbers)
    user = User.objects.create_user(
        f"client{number}", f"client{number}@example.test", "secret", role=Role.CLIENT, **fields
    )
    if account:
        Signatory.objects.create(client=account.client, user=user)
    return user


def manager_for(account: MarginAccount, manager: User | None = None) -> User:
    manager = manager or staff(Role.RM)
    Service.objects.create(client=account.client, manager=manager, from_date=LONG_AGO.date())
    return manager


def house(*, now: datetime = LONG_AGO) -> House:
    """The house as it opens; the same one however often it is asked for."""
    makers = User.objects.filter(username__in=["maker", "checker"]).order_by("-username")
    maker, checker = makers if len(makers) == 2 else _two_people()
    return found_house(maker=maker, checker=checker, now=now)


def _two_people():
    return [
        User.objects.create_user(name, password="secret", role=role, is_staff=True)
        for name, role in (("maker", Role.RISK_OFFICER), ("checker", Role.COMPLIANCE))
    ]


def a_parameter() -> Parameter:
    """A number of days that only tests know of; the house opens with five, and thirty is most."""
    try:
        return declared("a_test_of_days")
    except UnknownParameter:
        return declare(
            "a_test_of_days",
            "Days that a test waits",
            unit=Unit.DAYS,
            initial=Decimal(5),
            verified=False,
            source="nowhere",
            most=Decimal(30),
        )


def a_price_file(*, now: datetime = NOON, **closes: str) -> DailyFile:
    """A file of yesterday's closes that was taken in; `a_price_file(**{"0700": "512.5"})`."""
    rows = [[code, close, "N"] for code, close in (closes or {"0700": "512.5"}).items()]
    day = day_before(now)
    return DailyFile.objects.get_or_create(
        sha256=hashlib.sha256(f"{day} {rows}".encode()).hexdigest(),
        defaults={"trade_date": day, "name": "closes.csv", "rows": rows, "received_at": now},
    )[0]


def price(
    asset: Asset | str, value, *, at: datetime, fresh: timedelta = FRESH, volume=None, **facts
) -> None:
    """
    An agreed price of `asset` in HKD; a second one of the same moment is left out.

    `facts`: what it rests on, where it is not agreed as it should be.
    """
    if isinstance(asset, str):
        asset = Asset.objects.get(code=asset)
    if not Price.objects.filter(asset=asset, observed_at=at).exists():
        keep([NewPrice(asset.pk, Decimal(value), at, at + fresh, "test", volume=volume, **facts)])


def assess(client: Client, *, fiat=RICH, now: datetime = LONG_AGO, **means) -> CreditAssessment:
    """An assessment in force from `now`; unless it says otherwise the client can bear anything."""
    house(now=now)
    maker, checker = (User.objects.get(username=name) for name in ("maker", "checker"))
    as_is = ("history", "score")
    worth = {name: each if name in as_is else Decimal(each) for name, each in means.items()}
    [row] = assess_all(
        [Means(client, Decimal(fiat), **worth)],
        maker=maker,
        checker=checker,
        verifier=checker,
        now=now,
    )
    return row


def margin_account(
    *,
    owed="0",
    pledged: dict[str, str] | None = None,
    credit_limit="1000000000",
    spread="0.03",
    assessed: bool = True,
    now: datetime = LONG_AGO,
    professional: bool = True,
) -> MarginAccount:
    """
    An account of a client of its own, healthy; `owed="54000", pledged={"BTC": "1"}` borrows.

    The client is a professional investor for a year, and trained; `professional=False` is retail.
    Unless it is not `assessed`, it can bear whatever is lent.
    """
    number = next(_numbers)
    opening = Opening(
        client_number=f"C{number:06}",
        client_name=f"Client {number}",
        account_number=f"MA{number:06}",
        credit_limit=Decimal(credit_limit),
        spread=Decimal(spread),
    )
    [account] = open_accounts([opening], house().terms, now=now)
    _agreed_to_the_terms(account, now=now)
    if professional:
        confirm([account.client], now=now)
    if assessed:
        assess(account.client, now=now)
    give(account, pledged or {}, now=now)
    owe(account, owed, now=now)
    return MarginAccount.objects.get(pk=account.pk)


def _agreed_to_the_terms(account: MarginAccount, *, now: datetime) -> None:
    """By a signatory who has left since: who signs now is for each story to say."""
    user, _ = User.objects.get_or_create(username="left", role=Role.CLIENT, is_active=False)
    signatory = Signatory.objects.create(client=account.client, user=user)
    accept_for_many([signatory], language=Language.ENGLISH, now=max(now, LONG_AGO))
    signatory.delete()


def confirm(clients: list[Client], *, now: datetime = LONG_AGO) -> None:
    """Professional investors from that day, and trained, by the house's own people."""
    officer = User.objects.filter(username="onboarding").first() or User.objects.create_user(
        "onboarding", password="secret", role=Role.ONBOARDING_OFFICER, is_staff=True
    )
    checker = User.objects.get(username="checker")
    found_investors(clients, maker=officer, checker=checker, now=now)


def give(account: MarginAccount, pledged: dict[str, str], *, now: datetime = LONG_AGO) -> None:
    """Units into the pool, without a review of the account."""
    record(
        [
            Transfer(
                key=f"gift-{next(_numbers)}",
                asset=Asset.objects.get(code=code),
                units=Decimal(units),
                pool=account.pool_id,
                into_pool=True,
                other_place=Place.CLIENT,
                narrative="test",
            )
            for code, units in pledged.items()
            if Decimal(units)
        ],
        now=now,
    )


def owe(account: MarginAccount, amount, *, now: datetime = LONG_AGO) -> None:
    """Principal that was lent and has left the account, so that no cash stands against it."""
    amount = Decimal(amount)
    if amount:
        legs = (*entries.advanced(amount), *entries.paid_away(amount))
        key = f"owe-{next(_numbers)}"
        post(Event(key, "draw", "test", account.subledger_id, legs), now=now)
