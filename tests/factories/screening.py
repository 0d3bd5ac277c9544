"""Lists as their publishers write them, and whom a story about screening starts with."""

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal

from onboarding.clients import Client, Kind
from onboarding.screening.cases import Case, Origin, open_case
from onboarding.screening.decide import find_true
from onboarding.screening.facts import Party
from onboarding.screening.hits import Hit
from onboarding.screening.load import load
from onboarding.screening.monitoring.alerts import Alert
from onboarding.screening.monitoring.flows import Flow
from onboarding.screening.monitoring.flows import Kind as FlowKind
from onboarding.screening.monitoring.watch import watch
from onboarding.screening.payment_release import LOOKED_INTO
from onboarding.screening.payments import receive_payment
from onboarding.screening.pep import EVIDENCE
from onboarding.screening.screen import screen
from onboarding.screening.screened import Subject
from onboarding.users import Role
from tests.factories import NOON, staff

ETH = "0x8589427373D6D84E98730D7795D8f6f8731FDA16"
XBT = "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"


def sdn(*rows: tuple, alt: tuple = (), comments: tuple = ()) -> dict[str, bytes]:
    """The four files; a row is (number, name, type, remarks), an alt (number, name)."""
    null = ["-0- "]
    return {
        "sdn.csv": _csv([n, name, kind, "SDGT", *null * 7, said] for n, name, kind, said in rows),
        "alt.csv": _csv([n, i, "aka", name, "-0- "] for i, (n, name) in enumerate(alt, 1)),
        "add.csv": _csv([n, n, *null * 4] for n, *_ in rows),
        "sdn_comments.csv": _csv(comments),
    }


def _csv(rows) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return out.getvalue().encode() + b"\x1a"


IVANOV = (
    1001,
    "IVANOV, Sergei Petrovich",
    "individual",
    f"DOB 12 Mar 1970; nationality Russia; Passport 4501123456 (Russia); Digital Currency Address -"
    f" XBT {XBT}; alt. Digital Currency Address - ETH {ETH}; Gender Male.",
)
SDN = sdn(
    IVANOV,
    (1002, "CHAN, Tai Man", "individual", "DOB 1965."),
    (1003, "GOLDEN ORCHID SHIPPING LIMITED", "-0- ", "-0- "),
    alt=((1001, "IVANOFF, Serge"), (1002, "陳大文")),
)
UN = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST xmlns:x="urn:x" dateGenerated="2026-03-01T23:00:00.000-05:00"><INDIVIDUALS>
<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>USAMA</FIRST_NAME><SECOND_NAME>HASSAN</SECOND_NAME>
<THIRD_NAME>AL-QAHTANI</THIRD_NAME><UN_LIST_TYPE>Al-Qaida</UN_LIST_TYPE>
<REFERENCE_NUMBER>QDi.001.</REFERENCE_NUMBER><NAME_ORIGINAL_SCRIPT>أسامة</NAME_ORIGINAL_SCRIPT>
<COMMENTS1>Deceased.</COMMENTS1><NATIONALITY><VALUE>Yemen</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Abu Zayd</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1958</FROM_YEAR>
<TO_YEAR>1963</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH><INDIVIDUAL_DOCUMENT>
<TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>A-088664</NUMBER></INDIVIDUAL_DOCUMENT>
</INDIVIDUAL></INDIVIDUALS><ENTITIES><ENTITY><DATAID>2</DATAID>
<FIRST_NAME>EASTERN FALCON TRADING</FIRST_NAME><REFERENCE_NUMBER>KPe.001</REFERENCE_NUMBER>
<ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>EFT Corp</ALIAS_NAME></ENTITY_ALIAS>
</ENTITY></ENTITIES></CONSOLIDATED_LIST>""".encode()
PEP = (
    b"ref,name,name_chinese,aliases,birth,nationality,position\n"
    b"P1,Maria Fernanda Quintero Rojas,,Mafe Quintero,1968-05-04,Colombia,Minister of Mines\n"
)


def lists_in_force(*, now: datetime = NOON) -> None:
    """OFAC, UN and PEP, each in its first version."""
    for code, files in (
        ("ofac", SDN),
        ("un", {"consolidated.xml": UN}),
        ("pep", {"pep.csv": PEP}),
    ):
        load(code, files, source="test", now=now)


def client_called(name: str, *, chinese: str = "", kind: str = Kind.PERSON) -> Client:
    """A client of that name, without an account."""
    number = f"S{Client.objects.count() + 1:06}"
    return Client.objects.create(number=number, name=name, name_chinese=chinese, kind=kind)


def hit_on(client: Client, name: str | None = None, *, now: datetime = NOON) -> Hit:
    """The hit of `client`, screened under `name` or its own."""
    party = Party((name or client.name,), None)
    [hit] = screen([Subject(f"client:{client.number}", party, client.pk)], now=now)
    return hit


def stop_of(client: Client, *, now: datetime = NOON) -> Case:
    """A case of the MLRO's that stops the client's business."""
    return open_case(
        origin=Origin.REPORT,
        about=str(client),
        suspicion="The money's way in makes no sense.",
        by=staff(Role.COMPLIANCE),
        client=client,
        stops=True,
        now=now,
    )


def alert_of(client: Client, *, now: datetime = NOON) -> Alert:
    """An open alert: payments of the client's that were split."""
    flows = [
        Flow(
            client.pk,
            FlowKind.IN,
            Decimal(50_000),
            now - timedelta(hours=n),
            f"paid:{client.pk}:{n}",
        )
        for n in range(3)
    ]
    watch(flows, now=now)
    return Alert.objects.get(client=client)


# The commands of screening.
ASKED = ("pep_approval", "hk_designation", "release_payment", "return_payment")


def asked(command: str, client: Client, *, now: datetime = NOON) -> dict[str, str]:
    """A payload of one of `ASKED`, with the hit or the payment that it is about."""
    if command == "hk_designation":
        entry = {"change": "add", "ref": "U1", "regime": "unso", "kind": "person"}
        return entry | {"name": "Lau Ka Fai", "notice": "G.N. 1"}
    if command == "pep_approval":
        lists_in_force(now=now)
        hit = hit_on(client, "Maria Fernanda Quintero Rojas", now=now)
        find_true(hit, reason="x", by=staff(Role.COMPLIANCE), now=now)
        return {"hit": str(hit.pk)} | dict.fromkeys(EVIDENCE, "x")
    receive_payment(
        client,
        reference="FPS-1",
        amount=Decimal(1),
        payer_name="Somebody Else",
        value_date=now.date(),
        now=now,
    )
    looked_into = LOOKED_INTO if command == "release_payment" else ()
    return {"payment": "FPS-1"} | dict.fromkeys(looked_into, "x")
