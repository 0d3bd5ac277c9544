"""The panels of a client's page: who it is, what it has, what it owes, what was asked and told."""

from datetime import datetime
from itertools import chain

from django.urls import reverse

from broker.backoffice.client_papers import PAPERS
from broker.backoffice.credit_panel import credit_panel
from broker.backoffice.custody_panel import custody
from broker.backoffice.documents_panel import documents_panel
from broker.backoffice.panels import ROWS_SHOWN, Fact, Kind, Panel, chip, link
from broker.notices.notice import Notice
from broker.templatetags.harbour import had, owed, owed_in_all
from collateral.admin.figures import usage
from lending.admin.call import CALL_TONES
from lending.admin.measured import ACCOUNT_TONES, BANDS, UNPRICED, usage_of
from lending.margin.account import MarginMove, State
from lending.margin.call import CallState, MarginCall, MarginCallMove
from lending.margin.limit_change import CreditLimitChange
from lending.margin.readings import read
from onboarding.admin.look_only import hong_kong
from onboarding.approvals import Proposal
from onboarding.clients import Client, ClientMove, ClientState, manager_of
from onboarding.investors.exemptions import knowledge_gate
from onboarding.investors.standing import status_of
from onboarding.payloads import as_day, today


def _who(client: Client, user, now: datetime) -> Panel:
    manager = manager_of(client, on=today(now))
    signers = [str(each.user) for each in client.signatories.select_related("user").order_by("pk")]
    served = [
        (
            str(service.manager),
            as_day(service.from_date),
            as_day(service.until_date) if service.until_date else "",
        )
        for service in client.services.select_related("manager").order_by("-from_date", "-pk")
    ]
    return Panel(
        "Who it is",
        facts=[
            Fact("Name", client.name, client.name_chinese),
            Fact("Kind", client.get_kind_display()),
            Fact("State", client.get_state_display()),
            Fact("Relationship manager", str(manager or "nobody")),
            Fact("Signs", ", ".join(signers) or "nobody"),
        ],
        head=("Served by", "From", "Until"),
        rows=served[:ROWS_SHOWN],
        none="Nobody has served this client.",
        more=(reverse("admin:onboarding_client_change", args=[client.pk]), "Its row and history"),
    )


def _investor(client: Client, user, now: datetime) -> Panel:
    status = status_of(client, on=today(now))
    known = knowledge_gate(client, on=today(now)) is None
    return Panel(
        "Professional investor",
        facts=[
            Fact("Status", status.get_category_display() if status else "Retail"),
            Fact("Until, and not on", as_day(status.until_date) if status else "nothing is lent"),
            Fact("Knowledge of virtual assets", "shown or not asked" if known else "not shown"),
        ],
        more=(reverse("investor", args=[client.number]), "Papers, lines and history"),
    )


def _accounts(client: Client, user, now: datetime) -> Panel:
    accounts = list(client.margin_accounts.select_related("subledger").order_by("number"))
    readings = {
        reading.account_id: reading
        for reading in read(now=now, account_ids=[account.pk for account in accounts])
    }
    rows = []
    for account in accounts:
        page = reverse("admin:lending_marginaccount_change", args=[account.pk])
        state = chip(account.get_state_display(), ACCOUNT_TONES[account.state])
        reading = readings.get(account.pk)
        if reading is None:
            rows.append((link(page, account.number), state, "", "", "", had(account.credit_limit)))
            continue
        word, tone = BANDS[reading.band or UNPRICED]
        used = usage_of(reading)
        rows.append(
            (
                link(page, account.number),
                state,
                chip(f"{word} {usage(used) if used is not None else ''}".strip(), tone),
                owed(owed_in_all(reading, account)),
                had(reading.market_value) if reading.is_priced else "not measured",
                had(account.credit_limit),
            )
        )
    return Panel(
        "Margin accounts",
        head=("Account", "State", "Usage", "Owes, HKD", "Market value, HKD", "Credit limit, HKD"),
        rows=rows,
        none="It has no margin account.",
    )


def _calls(client: Client, user, now: datetime) -> Panel:
    calls = MarginCall.objects.filter(account__client=client).order_by("-pk")
    rows = [
        (
            link(reverse("admin:lending_margincall_change", args=[call.pk]), call.number),
            chip(call.get_state_display(), CALL_TONES[call.state]),
            hong_kong(call.issued_at),
            owed(call.call_amount),
            hong_kong(call.ended_at) if call.ended_at else "open",
        )
        for call in calls[:ROWS_SHOWN]
    ]
    open_calls = calls.filter(ended_at=None).count()
    return Panel(
        "Margin calls",
        facts=[Fact("Open", f"{open_calls}"), Fact("In all", f"{calls.count()}")],
        head=("Call", "State", "Issued", "Asked for, HKD", "Ended"),
        rows=rows,
        none="It was never called.",
    )


def _limits(client: Client, user, now: datetime) -> Panel:
    changes = CreditLimitChange.objects.filter(account__client=client).select_related(
        "account", "maker", "checker"
    )
    return Panel(
        "Credit limits",
        head=("From", "Account", "Was, HKD", "Is, HKD", "Looked at again by", "Set by"),
        rows=[
            (
                hong_kong(change.effective_at),
                change.account.number,
                had(change.before),
                had(change.after),
                as_day(change.review_date),
                f"{change.maker}, {change.checker}",
            )
            for change in changes.order_by("-effective_at", "-pk")[:ROWS_SHOWN]
        ],
        none="The limits are those the accounts were opened with.",
    )


def _approvals(client: Client, user, now: datetime) -> Panel:
    seen = Proposal.objects.visible_to(user, now=now).filter(client=client)
    rows = [
        (
            link(reverse("proposal", args=[proposal.pk]), proposal),
            chip(proposal.get_state_display(), _PROPOSAL_TONES.get(proposal.state, "default")),
            str(proposal.maker),
            str(proposal.checker or ""),
            hong_kong(proposal.proposed_at),
        )
        for proposal in seen.select_related("maker", "checker", "client").order_by("-pk")[
            :ROWS_SHOWN
        ]
    ]
    address = f"{reverse('approvals')}?show=open&client={client.number}"
    return Panel(
        "Approvals",
        head=("Proposal", "State", "Proposed by", "Decided by", "Proposed"),
        rows=rows,
        none="Nothing was proposed for this client that you may see.",
        more=(address, "In the inbox"),
    )


_PROPOSAL_TONES = {"approved": "success", "refused": "danger", "proposed": "warning"}


def _told(client: Client, user, now: datetime) -> Panel:
    notices = Notice.objects.filter(client=client, is_copy=False).select_related("recipient")
    return Panel(
        "What it was told",
        head=("At", "To", "Subject", "Sent"),
        rows=[
            (
                hong_kong(notice.made_at),
                str(notice.recipient or "nobody there"),
                notice.subject,
                hong_kong(notice.sent_at) if notice.sent_at else notice.get_channel_display(),
            )
            for notice in notices.order_by("-made_at", "-pk")[:ROWS_SHOWN]
        ],
        none="Nothing yet.",
    )


def _history(client: Client, user, now: datetime) -> Panel:
    happened = chain(
        (
            (move.moved_at, str(client), ClientState(move.target).label, move)
            for move in _last(ClientMove.objects.filter(subject=client))
        ),
        (
            (move.moved_at, move.subject.number, State(move.target).label, move)
            for move in _last(
                MarginMove.objects.filter(subject__client=client).select_related("subject")
            )
        ),
        (
            (move.moved_at, move.subject.number, CallState(move.target).label, move)
            for move in _last(
                MarginCallMove.objects.filter(subject__account__client=client).select_related(
                    "subject"
                )
            )
        ),
    )
    rows = [
        (hong_kong(at), what, state, move.reason, str(move.mover or "the house, by rule"))
        for at, what, state, move in sorted(happened, key=lambda row: row[0], reverse=True)
    ]
    return Panel(
        "What happened",
        head=("At", "Of", "Became", "Why", "By"),
        rows=rows[: 2 * ROWS_SHOWN],
        none="Nothing yet.",
    )


def _last(moves):
    return moves.select_related("mover").order_by("-pk")[: 2 * ROWS_SHOWN]


PANELS: tuple[Kind, ...] = (
    Kind("onboarding.view_client", _who),
    Kind("onboarding.view_investorstatus", _investor),
    Kind("lending.view_marginaccount", _accounts),
    Kind("lending.view_margincall", _calls),
    Kind("onboarding.view_creditassessment", credit_panel),
    Kind("collateral.view_placelicence", custody),
    Kind("lending.view_creditlimitchange", _limits),
    Kind("onboarding.view_client", _approvals),
    *PAPERS,
    Kind("broker.view_accountdocument", documents_panel),
    Kind("broker.view_notice", _told),
    Kind("lending.view_marginmove", _history),
)
