"""Margin calls: the open one with its ways out, and the history of an account."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.pagination import CursorPagination

from broker.api.access import account_of
from broker.api.amounts import HkdField, had, owed
from broker.api.problems import answers
from broker.api.view import Resource
from lending.margin.call import Binding, CallState, MarginCall
from lending.margin.cure import Cure, TopUp
from lending.margin.readings import Reading
from lending.margin.terms import MarginTerms
from lending.margin.ways_out import ways_out


class CureSerializer(serializers.Serializer):
    """
    What cures the call as the account stands now: cash, or units of an asset pledged, in text.

    An asset is null where no pledge of it cures, or where it has no fresh price.
    """

    cash = HkdField()
    BTC = serializers.CharField(allow_null=True)
    ETH = serializers.CharField(allow_null=True)
    to_90 = HkdField(help_text="The cash that ends the warning too.")
    only_repayment_cures = serializers.BooleanField()


class CallFieldsSerializer(serializers.Serializer):
    """The demand. Its figures are those of the reading that made it, HKD."""

    number = serializers.CharField()
    state = serializers.ChoiceField(choices=CallState.choices)
    issued_at = serializers.DateTimeField()
    cure_due_at = serializers.DateTimeField()
    accelerated = serializers.BooleanField()
    binding = serializers.ChoiceField(choices=Binding.choices)
    shortfall = HkdField()
    call_amount = HkdField()


class OpenCallSerializer(CallFieldsSerializer):
    """The open demand, and what cures it now; null where a pledged asset has no fresh price."""

    cure = CureSerializer(allow_null=True)


class StepSerializer(serializers.Serializer):
    step = serializers.CharField()
    state = serializers.ChoiceField(source="target", choices=CallState.choices)
    at = serializers.DateTimeField(source="moved_at")


class CallSerializer(CallFieldsSerializer):
    """A demand of the account's history, with every step of its life."""

    ended_at = serializers.DateTimeField(allow_null=True)
    debt = HkdField()
    market_value = HkdField()
    margin_value = HkdField()
    liquidation_value = HkdField()
    limit_amount = HkdField()
    steps = StepSerializer(many=True)


def open_call(
    call: MarginCall, reading: Reading | None, terms: MarginTerms, offered: list[TopUp]
) -> dict:
    """`call` with the ways out as `reading` finds them, at the prices of `offered`."""
    cure = reading and ways_out(reading, terms, offered)
    return _fields(call) | {"cure": cure and _cure(cure)}


def _fields(call: MarginCall) -> dict:
    return {
        "number": call.number,
        "state": call.state,
        "issued_at": call.issued_at,
        "cure_due_at": call.cure_due_at,
        "accelerated": call.accelerated,
        "binding": call.binding,
        "shortfall": owed(call.shortfall),
        "call_amount": call.call_amount,
    }


def _cure(cure: Cure) -> dict:
    units = {
        code: None if units is None else f"{units.normalize():f}"
        for code, units in cure.units.items()
    }
    return {
        "cash": cure.cash,
        "BTC": units.get("BTC"),
        "ETH": units.get("ETH"),
        "to_90": cure.cash_out_of_warning,
        "only_repayment_cures": cure.only_repayment_cures,
    }


def _history(call: MarginCall) -> dict:
    return _fields(call) | {
        "ended_at": call.ended_at,
        "debt": owed(call.debt),
        "market_value": had(call.market_value),
        "margin_value": had(call.margin_value),
        "liquidation_value": had(call.liquidation_value),
        "limit_amount": had(call.limit_amount),
        "steps": sorted(call.moves.all(), key=lambda move: move.pk),
    }


class NewestFirst(CursorPagination):
    ordering = "-pk"
    page_size = 50


class CallList(Resource):
    """Every margin call the account ever had, the newest first."""

    serializer_class = CallSerializer
    pagination_class = NewestFirst

    @extend_schema(
        operation_id="calls_list",
        responses={(200, "application/json"): CallSerializer(many=True), **answers(401, 404, 429)},
    )
    def get(self, request, number: str):
        account = account_of(request.user, number, now=timezone.now())
        page = self.paginate_queryset(account.calls.prefetch_related("moves"))
        return self.get_paginated_response(CallSerializer(map(_history, page), many=True).data)
