"""Margin accounts: each with its reading, and its open call with the ways out."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

from broker.api.access import account_of, accounts_of
from broker.api.amounts import HkdField, had, owed
from broker.api.call import OpenCallSerializer, open_call
from broker.api.problems import answers
from broker.api.view import Resource
from collateral.amounts import NOTHING
from lending.loans.admission import why_none_is_lent
from lending.loans.draw import power_of
from lending.margin.account import MarginAccount, State
from lending.margin.bands import Band, Limit, Standing
from lending.margin.call import Binding, MarginCall
from lending.margin.cure import TopUp
from lending.margin.ratios import margin_usage
from lending.margin.readings import Reading, read
from lending.margin.ways_out import top_ups


def _choices(of: type) -> list[tuple[str, str]]:
    return [(each.value, each.value) for each in of]


class DrawingPowerSerializer(serializers.Serializer):
    """
    What may still be drawn, HKD rounded down, and the limit that stops there.

    Nothing while advances are stopped: a call is open, the account is not active, or a pledged
    asset has no fresh price.
    """

    amount = HkdField()
    limit = serializers.ChoiceField(choices=Binding.choices)
    advances_stopped = serializers.BooleanField()


class AccountSerializer(serializers.Serializer):
    """
    A margin account and where it stands at `read_at`. Money is HKD, in text, to the cent.

    What is owed is rounded up and what is had is rounded down. A figure is null where it cannot be
    measured: `unpriced` says that a pledged asset has no fresh price.
    """

    number = serializers.CharField()
    client = serializers.CharField(help_text="The client's number.")
    currency = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    standing = serializers.ChoiceField(choices=_choices(Standing))
    band = serializers.ChoiceField(choices=_choices(Band), allow_null=True)
    unpriced = serializers.BooleanField()
    debt = HkdField(allow_null=True, help_text="With the interest that has accrued.")
    cash = HkdField(allow_null=True, help_text="The client's own; it is in all three values.")
    market_value = HkdField(allow_null=True)
    margin_value = HkdField(allow_null=True, help_text="After the lending haircuts.")
    liquidation_value = HkdField(allow_null=True, help_text="Where the hard line lies.")
    credit_limit = HkdField()
    policy_amount = HkdField(allow_null=True)
    limit_amount = HkdField(allow_null=True, help_text="What may be owed at most.")
    binding = serializers.ChoiceField(
        choices=Binding.choices, allow_null=True, help_text="What sets the limit amount."
    )
    shortfall = HkdField(allow_null=True)
    margin_usage = serializers.DecimalField(
        max_digits=20,
        decimal_places=4,
        allow_null=True,
        help_text="Debt over margin value, a fraction of one, rounded up.",
    )
    drawing_power = DrawingPowerSerializer()
    open_call = OpenCallSerializer(allow_null=True)
    read_at = serializers.DateTimeField()


def stated(accounts: Iterable[MarginAccount], *, now: datetime) -> list[dict]:
    """`accounts` measured at `now`, in a fixed number of statements however many there are."""
    accounts = list(accounts)
    ids = [account.pk for account in accounts]
    readings = {reading.account_id: reading for reading in read(now=now, account_ids=ids)}
    running = MarginCall.objects.filter(account_id__in=ids, ended_at=None)
    calls = {call.account_id: call for call in running}
    offered = top_ups(now=now) if calls else []
    stopped = why_none_is_lent(accounts, readings, now=now)
    return [
        _stated(
            account,
            readings.get(account.pk),
            calls.get(account.pk),
            offered,
            is_stopped=account.pk in stopped or account.pk not in readings,
            now=now,
        )
        for account in accounts
    ]


def _stated(
    account: MarginAccount,
    reading: Reading | None,
    call: MarginCall | None,
    offered: list[TopUp],
    *,
    is_stopped: bool,
    now: datetime,
) -> dict:
    return {
        "number": account.number,
        "client": account.client.number,
        "currency": account.subledger.currency,
        "state": account.state,
        "credit_limit": account.credit_limit,
        "policy_amount": account.policy_amount,
        "drawing_power": _drawing_power(account, reading, is_stopped=is_stopped),
        "open_call": call and open_call(call, reading, account.terms, offered),
        "read_at": now,
        **(_measured(reading) if reading else _closed()),
    }


def _measured(reading: Reading) -> dict:
    return {
        "standing": reading.standing,
        "band": reading.band,
        "unpriced": not reading.is_priced,
        "debt": owed(reading.debt),
        "cash": had(reading.cash),
        "market_value": had(reading.market_value),
        "margin_value": had(reading.margin_value),
        "liquidation_value": had(reading.liquidation_value),
        "limit_amount": had(reading.limit_amount),
        "binding": reading.binding,
        "shortfall": owed(reading.shortfall),
        "margin_usage": margin_usage(reading.debt, reading.margin_value),
    }


def _closed() -> dict:
    figures = (
        "band",
        "debt",
        "cash",
        "market_value",
        "margin_value",
        "liquidation_value",
        "limit_amount",
        "binding",
        "shortfall",
        "margin_usage",
    )
    return {"standing": Standing.CLOSED, "unpriced": False} | dict.fromkeys(figures)


def _drawing_power(account: MarginAccount, reading: Reading | None, *, is_stopped: bool) -> dict:
    amount, limit = (NOTHING, Limit.COLLATERAL) if reading is None else power_of(account, reading)
    return {
        "amount": NOTHING if is_stopped else amount,
        "limit": limit,
        "advances_stopped": is_stopped,
    }


class ByNumber(CursorPagination):
    """Accounts in the order of their numbers: a new one never moves another to another page."""

    ordering = "number"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class AccountList(Resource):
    """The margin accounts you may see, by number."""

    serializer_class = AccountSerializer
    pagination_class = ByNumber

    @extend_schema(
        operation_id="accounts_list",
        responses={
            (200, "application/json"): AccountSerializer(many=True),
            **answers(401, 404, 429),
        },
    )
    def get(self, request):
        now = timezone.now()
        page = self.paginate_queryset(accounts_of(request.user, now=now))
        rows = AccountSerializer(stated(page, now=now), many=True).data
        return self.get_paginated_response(rows)


class AccountDetail(Resource):
    """One margin account as it stands now."""

    serializer_class = AccountSerializer

    @extend_schema(
        operation_id="accounts_read", responses={200: AccountSerializer, **answers(401, 404, 429)}
    )
    def get(self, request, number: str):
        now = timezone.now()
        [row] = stated([account_of(request.user, number, now=now)], now=now)
        return Response(AccountSerializer(row).data)
