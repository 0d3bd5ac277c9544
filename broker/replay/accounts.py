"""Open margin accounts in bulk: client, relation, pool and accounts in the books, as at opening."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from collateral.custody.pool import Pool
from lending.ledger.chart import open_subledgers
from lending.margin.account import MarginAccount
from lending.margin.relation import MarginRelation
from lending.margin.terms import MarginTerms
from onboarding.clients import Client, Kind
from onboarding.lifecycle import Step, move_many


@dataclass(frozen=True, slots=True)
class Opening:
    """One client with one account to open. Money in HKD; `spread` a fraction of one a year."""

    client_number: str
    client_name: str
    account_number: str
    credit_limit: Decimal
    spread: Decimal
    kind: Kind = Kind.PERSON
    name_chinese: str = ""


@transaction.atomic
def open_accounts(
    openings: Sequence[Opening], terms: MarginTerms, *, now: datetime
) -> list[MarginAccount]:
    """The accounts in the order of `openings`, each under an active relation (VAF-3), healthy."""
    clients = Client.objects.bulk_create(
        Client(number=o.client_number, name=o.client_name, kind=o.kind, name_chinese=o.name_chinese)
        for o in openings
    )
    relations = MarginRelation.objects.bulk_create(
        MarginRelation(client=client) for client in clients
    )
    move_many(
        MarginRelation,
        [Step(relation.pk, MarginRelation.activate, "opened") for relation in relations],
        now=now,
    )
    pools = Pool.objects.bulk_create(Pool(client=client) for client in clients)
    subledgers = open_subledgers(len(openings))
    return MarginAccount.objects.bulk_create(
        MarginAccount(
            number=opening.account_number,
            client=client,
            relation=relation,
            pool=pool,
            subledger=subledger,
            terms=terms,
            credit_limit=opening.credit_limit,
            spread=opening.spread,
            opened_at=now,
        )
        for opening, client, relation, pool, subledger in zip(
            openings, clients, relations, pools, subledgers, strict=True
        )
    )
