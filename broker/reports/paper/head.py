"""The head and foot that every document has (STM-1 to STM-3): who, whose, of when, and which."""

from broker.reports.paper.content import fact, label, on
from broker.reports.paper.words import DOCUMENTS, Words
from broker.reports.period import Period
from lending.margin.account import MarginAccount
from onboarding.entity import LegalEntity


def headed(
    kind: str,
    account: MarginAccount,
    period: Period,
    *,
    number: str,
    broker: LegalEntity,
    blocks: list[dict],
    figures: list[dict] = (),
    notes: tuple[str, ...] = (),
) -> dict:
    """What `document.typ` sets. `kind` names its title in `DOCUMENTS`."""
    client = account.client
    days = on(period.first)
    if period.last != period.first:
        days = f"{days} – {on(period.last)}"
    return {
        "title": list(DOCUMENTS[kind]),
        "number": number,
        "broker": str(broker),
        "broker_name": broker.name,
        "broker_note": label("broker"),
        "broker_licence": broker.licence,
        "page": label("page"),
        "facts": [
            fact("client", list(Words(client.name, client.name_chinese))),
            fact("account", f"{client.number} / {account.number}"),
            fact("account_kind", account.subledger.currency),
            fact("period", days),
            fact("as_of", f"{on(period.last)} 24:00 HKT"),
            fact("number", number),
        ],
        "figures": list(figures),
        "blocks": blocks,
        "notes": [label(name) for name in (*notes, "look")],
    }
