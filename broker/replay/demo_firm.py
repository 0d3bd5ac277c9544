"""The demonstration's firm: its staff, its clients, what they pledged and borrowed at opening."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from django.contrib.auth.hashers import make_password

from broker.replay.accounts import Opening, open_accounts
from broker.replay.credit import assess_all
from broker.replay.demo_credit import means_of
from broker.replay.demo_people import CLIENTS, MIXES, PASSWORD, STAFF, Person
from broker.replay.house import House, found_house
from collateral.amounts import EXACT, round_down, round_up
from collateral.custody.movements import Place, Transfer, record
from lending.ledger import entries
from lending.ledger.post import Event, post_many
from lending.margin.account import MarginAccount
from onboarding.clients import Service, Signatory
from onboarding.disclosures.acceptance import accept_for_many
from onboarding.disclosures.text import Language
from onboarding.investors.founding import found_investors
from onboarding.investors.questions import found_questions
from onboarding.users import Role, User

DOLLAR = Decimal(1)
LIMIT_STEP = Decimal(10_000)
SPREADS = ("0.0250", "0.0300", "0.0350")
MILLION = Decimal(1_000_000)
# What a story keeps back at opening, as parts of the pledge and of the loan.
PLEDGED_LATER, DRAWN_LATER, BOUGHT_LATER, REPAID_SINCE = (
    Decimal(part) for part in ("0.10", "0.06", "0.04", "1.08")
)
# Called first, cured since.
CURED_FROM = Decimal("1.16")


@dataclass(frozen=True, slots=True)
class Borrower:
    """One client's account, with what it shall pledge and owe when the demonstration begins."""

    person: Person
    account: MarginAccount
    pledges: dict[str, Decimal]
    debt: Decimal


@dataclass(frozen=True, slots=True)
class Firm:
    house: House
    staff: dict[str, User]
    borrowers: list[Borrower]

    def in_story(self, name: str) -> list[Borrower]:
        return [each for each in self.borrowers if each.person.story.rpartition(" ")[0] == name]

    def that(self, story: str) -> list[Borrower]:
        return [each for each in self.borrowers if each.person.story == story]


def found_firm(prices: dict[str, Decimal], *, now: datetime) -> Firm:
    """
    Open the house and every account at `now`, a month before the demonstration.

    `prices`: HKD for one unit of each asset when the demonstration begins; pools and loans are
    sized at them, so that each account stands then as its person says.
    """
    password = make_password(PASSWORD)
    staff = _staff(password)
    maker = next(user for user in staff.values() if user.role == Role.RISK_OFFICER)
    checker = next(user for user in staff.values() if user.role == Role.COMPLIANCE)
    house = found_house(maker=maker, checker=checker, now=now)
    pledges = [_pledges(person, prices, house) for person in CLIENTS]
    debts = [
        _debt(person, held, prices, house) for person, held in zip(CLIENTS, pledges, strict=True)
    ]
    accounts = open_accounts(
        [
            _opening(place, person, debt)
            for place, (person, debt) in enumerate(zip(CLIENTS, debts, strict=True))
        ],
        house.terms,
        now=now,
    )
    officer = next(user for user in staff.values() if user.role == Role.ONBOARDING_OFFICER)
    found_investors(
        [account.client for account in accounts], maker=officer, checker=checker, now=now
    )
    found_questions(maker=officer, checker=checker, now=now)
    borrowers = [Borrower(*each) for each in zip(CLIENTS, accounts, pledges, debts, strict=True)]
    _sign_and_serve(borrowers, staff, password, now=now)
    _assess(borrowers, staff, now=now)
    _pledge_and_lend(borrowers, house, now=now)
    return Firm(house, staff, borrowers)


def _staff(password: str) -> dict[str, User]:
    users = User.objects.bulk_create(
        User(
            username=login,
            first_name=given,
            last_name=family,
            email=f"{login}@harbour.example",
            role=role,
            telephone=telephone,
            is_staff=True,
            password=password,
        )
        for login, given, family, role, telephone in STAFF
    )
    return {user.username: user for user in users}


def _sign_and_serve(
    borrowers: list[Borrower], staff: dict[str, User], password: str, *, now: datetime
) -> None:
    managers = _managers(staff)
    clients = [each.account.client for each in borrowers]
    Service.objects.bulk_create(
        Service(client=client, manager=managers[place % len(managers)], from_date=now.date())
        for place, client in enumerate(clients)
    )
    signing = [
        (client, given, family)
        for client, each in zip(clients, borrowers, strict=True)
        for given, family in each.person.signs
    ]
    users = User.objects.bulk_create(
        User(
            username=login_of(given, family),
            first_name=given,
            last_name=family,
            email=f"{login_of(given, family)}@clients.example",
            role=Role.CLIENT,
            password=password,
        )
        for _, given, family in signing
    )
    signatories = Signatory.objects.bulk_create(
        Signatory(client=client, user=user)
        for (client, *_), user in zip(signing, users, strict=True)
    )
    accept_for_many(signatories, language=Language.ENGLISH, now=now)


def _managers(staff: dict[str, User]) -> list[User]:
    """Clients are shared out among them in turn."""
    return [user for user in staff.values() if user.role == Role.RM]


def _assess(borrowers: list[Borrower], staff: dict[str, User], *, now: datetime) -> None:
    """Each client by its manager, and a credit officer answers for it too."""
    managers = _managers(staff)
    officer = next(user for user in staff.values() if user.role == Role.CREDIT_OFFICER)
    means = [means_of(place, each.person, each.account) for place, each in enumerate(borrowers)]
    for turn, manager in enumerate(managers):
        own = means[turn :: len(managers)]
        assess_all(own, maker=manager, checker=officer, verifier=manager, now=now)


def login_of(given: str, family: str) -> str:
    return f"{given}.{family}".lower().replace(" ", "")


def _pledges(person: Person, prices: dict[str, Decimal], house: House) -> dict[str, Decimal]:
    """Units of each asset, whole steps; of shares whole lots."""
    held = {}
    for code, share in MIXES[person.mix].items():
        asset = house.assets[code]
        step = asset.step if asset.step < 1 else asset.lot
        value = Decimal(person.worth) * MILLION * Decimal(share)
        held[code] = round_down((value / prices[code]).quantize(Decimal("1E-10")), step)
    return held


def _debt(
    person: Person, held: dict[str, Decimal], prices: dict[str, Decimal], house: House
) -> Decimal:
    with localcontext(EXACT):
        margin_value = sum(
            (
                units * prices[code] * (1 - house.haircut(code).lending)
                for code, units in held.items()
            ),
            Decimal(0),
        )
        return round_down(margin_value * Decimal(person.usage) * Decimal("0.01"), DOLLAR)


def _opening(place: int, person: Person, debt: Decimal) -> Opening:
    with localcontext(EXACT):
        limit = round_up(debt * Decimal(person.limit), LIMIT_STEP)
    return Opening(
        client_number=f"C{place + 1:06}",
        client_name=person.name,
        account_number=f"MA{place + 1:06}",
        credit_limit=limit,
        spread=Decimal(SPREADS[place % len(SPREADS)]),
        kind=person.kind,
        name_chinese=person.chinese,
    )


def _pledge_and_lend(borrowers: list[Borrower], house: House, *, now: datetime) -> None:
    record(
        [
            Transfer(
                key=f"demo:opening:{each.account.number}:{code}",
                asset=house.assets[code],
                units=units - held_back(each, code, house),
                pool=each.account.pool_id,
                into_pool=True,
                other_place=Place.CLIENT,
                narrative="pledged at opening",
            )
            for each in borrowers
            for code, units in each.pledges.items()
        ],
        now=now,
    )
    # The advance was spent on dealing before, so no cash stands against it.
    post_many(
        [
            Event(
                f"demo:opening:{each.account.number}",
                "draw",
                "advance at opening, spent on dealing",
                each.account.subledger_id,
                (*entries.advanced(loan), *entries.paid_away(loan)),
            )
            for each in borrowers
            if (loan := lent_at_opening(each))
        ],
        now=now,
    )


def held_back(borrower: Borrower, code: str, house: House) -> Decimal:
    """Units that a story pledges later."""
    if borrower.person.story != "pledged":
        return Decimal(0)
    return round_down(borrower.pledges[code] * PLEDGED_LATER, house.assets[code].step)


def lent_at_opening(borrower: Borrower) -> Decimal:
    """Whole dollars; with a month's interest it comes near the debt it shall be."""
    story, debt = borrower.person.story, borrower.debt
    if story == "drew":
        debt *= 1 - DRAWN_LATER
    elif story == "bought":
        debt *= 1 - BOUGHT_LATER
    elif story == "repaid":
        debt *= REPAID_SINCE
    elif story.startswith("cured"):
        debt *= CURED_FROM
    return round_down(debt * Decimal("0.994"), DOLLAR)
