"""What lies in the demonstration's custody: places, papers that wait, an action, a difference."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from broker.notices.custody import announce_differences
from broker.replay.demo_desk import Asked
from broker.replay.demo_firm import Firm
from collateral.actions.calendar import load_calendar
from collateral.custody.places import CustodyPlace
from collateral.custody.pool import HeldAt
from collateral.custody.reconcile import reconcile
from collateral.custody.statement import load_statement
from onboarding.payloads import today

STATED = timedelta(hours=5)
EXTRA = ("Tam Shuk Fan", "0005", Decimal(400))


def custody_proposals(firm: Firm, *, ends: datetime) -> Iterator[Asked]:
    on = today(ends)
    accounts = {each.person.name: each.account for each in firm.borrowers}
    yield Asked(
        timedelta(days=5),
        "custody_place",
        {
            "code": "RESERVE",
            "kind": "institution",
            "name": "Reserve account at a second bank",
            "number": "AI-077",
            "expires_on": (on + timedelta(days=24)).isoformat(),
            "keeps": [],
        },
        "kenneth.ng",
        "A second home for coins, should the platform be down.",
        "RESERVE",
        ("approve", "miranda.tse", "The register of institutions was looked at."),
    )
    yield Asked(
        timedelta(days=3, hours=4),
        "corporate_action",
        {
            "asset": "0939",
            "kind": "dividend",
            "ex_date": (on + timedelta(days=12)).isoformat(),
            "cash": "0.2",
            "source": "Announcement of the results",
        },
        "kenneth.ng",
        "Announced this morning.",
        "Cash dividend of 0939",
        ("approve", "miranda.tse", "Read in the announcement."),
    )
    yield Asked(
        timedelta(hours=2),
        "pledge_securities",
        {
            "account": accounts["Hung Wing Lun"].number,
            "asset": "0005",
            "units": "8000",
            "participant": "B02233",
            "reference": f"SI-{on:%y%m%d}-0418",
            "evidence": "CCASS settlement report of this morning, line 7.",
        },
        "kenneth.ng",
        "The client moves its shares to us.",
        f"8,000 0005, {accounts['Hung Wing Lun'].number}",
    )


def keep_custody(firm: Firm, *, at: datetime) -> None:
    """The calendar of ex-dates, and the custodian's statement, which knows of a lot too many."""
    by = firm.staff["kenneth.ng"]
    calendar = f"asset,ex_date,what\n0388,{today(at) + timedelta(days=20)},Interim dividend\n"
    load_calendar(calendar.encode(), by=by, now=at)
    place = CustodyPlace.objects.get(code="CCASS")
    rows = HeldAt.objects.filter(place=place, units__gt=0).order_by("pool_id", "asset_id")
    held = {
        (number, code): units
        for number, code, units in rows.values_list("pool__client__number", "asset__code", "units")
    }
    name, code, more = EXTRA
    number = next(e.account.client.number for e in firm.borrowers if e.person.name == name)
    held[number, code] += more
    lines = [f"{code},{number},{units.normalize():f}" for (number, code), units in held.items()]
    content = "\n".join(["asset,client,units", *lines, ""]).encode()
    statement = load_statement(
        place, content, name=f"ccass-{today(at)}.csv", as_of=at, by=by, now=at
    )
    announce_differences([reconcile(statement, by=by, now=at)], now=at)
