"""Draw: an advance that stays in the account as cash or buys a virtual asset, once for a key."""

from http import HTTPStatus

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from broker.api.access import own_account_of
from broker.api.amounts import AskedAmountField, HkdField
from broker.api.keys import PARAMETER, REPLAYED, key_of, reused
from broker.api.problems import Problem, answers
from broker.api.view import Resource
from broker.signin.step_up import is_fresh
from collateral.assets import Asset, Kind
from lending.loans.draw import Draw, DrawRefused, KeyReused, Purpose, draw
from lending.trading.buy import buy
from lending.trading.order import Order, OrderState
from lending.trading.venue import VenueError
from lending.trading.venues import venue_named

VENUE = "paper"


class DrawAskedSerializer(serializers.Serializer):
    """`asset` is named where the purpose is to buy, and only there."""

    amount = AskedAmountField()
    purpose = serializers.ChoiceField(
        choices=Purpose.choices,
        error_messages={
            "required": "Say what it is for: purchasing_cash or buy.",
            "invalid_choice": "Say what it is for: purchasing_cash or buy.",
        },
    )
    asset = serializers.CharField(required=False, max_length=12)

    def validate(self, asked: dict) -> dict:
        code = asked.get("asset")
        if asked["purpose"] != Purpose.BUY:
            if code:
                raise serializers.ValidationError(
                    {"asset": "Leave the asset out, or say that the purpose is to buy."}
                )
            return asked | {"asset": None}
        may_be_bought = Asset.objects.filter(kind=Kind.VA, marginable=True).order_by("code")
        found = {asset.code: asset for asset in may_be_bought}
        if code not in found:
            raise serializers.ValidationError({"asset": f"Say what to buy: {' or '.join(found)}."})
        return asked | {"asset": found[code]}


class PurchaseSerializer(serializers.Serializer):
    """What became of the purchase; what it did not spend stays your cash in the account."""

    client_order_id = serializers.CharField()
    state = serializers.ChoiceField(choices=OrderState.choices)
    units = serializers.CharField()
    filled_units = serializers.CharField()
    gross = HkdField()
    costs = HkdField()


class DrawSerializer(serializers.Serializer):
    """An advance that was made, HKD."""

    account = serializers.CharField()
    amount = HkdField()
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    asset = serializers.CharField(allow_null=True)
    drawn_at = serializers.DateTimeField()
    purchase = PurchaseSerializer(allow_null=True)


class DrawList(Resource):
    """Advances to the account."""

    serializer_class = DrawSerializer
    throttle_scope = "acts"

    @extend_schema(
        operation_id="draws_create",
        parameters=[PARAMETER],
        request=DrawAskedSerializer,
        responses={201: DrawSerializer, **answers(400, 401, 403, 404, 409, 422, 429, 503)},
    )
    def post(self, request, number: str):
        """Draw on the account, to what may be drawn and no further."""
        now = timezone.now()
        account = own_account_of(request.user, number, now=now)
        if not is_fresh(request._request):
            raise Problem(HTTPStatus.FORBIDDEN, "second-factor-needed", _SHOW_IT)
        key = key_of(request, account)
        asked = DrawAskedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        amount, asset = asked.validated_data["amount"], asked.validated_data["asset"]
        named = {"key": key, "by": request.user, "now": now}
        try:
            if asset:
                buy(account, asset, amount, venue=venue_named(VENUE), **named)
            else:
                draw(account, amount, **named)
        except DrawRefused as refusal:
            raise _refused(refusal) from refusal
        except KeyReused as reuse:
            raise reused() from reuse
        except VenueError as error:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "venue-silent", _SILENT) from error
        made = Draw.objects.select_related("account", "asset").get(key=key)
        headers = {} if made.drawn_at == now else {REPLAYED: "true"}
        return Response(DrawSerializer(_said(made)).data, HTTPStatus.CREATED, headers=headers)


_SHOW_IT = "Show your second factor at /login/again/ first; it is good for five minutes."
_SILENT = "The venue does not answer. Send the same request again: nothing is done twice."


def _refused(refusal: DrawRefused) -> Problem:
    """The refusal in its own words; where an amount was too high, what may be drawn, and why."""
    members = {}
    if refusal.power:
        amount, limit = refusal.power
        members["drawing_power"] = {"amount": str(amount), "limit": str(limit)}
    return Problem(HTTPStatus.CONFLICT, "advance-refused", str(refusal), **members)


def _said(made: Draw) -> dict:
    order = made.orders.first()
    return {
        "account": made.account.number,
        "amount": made.amount,
        "purpose": made.purpose,
        "asset": made.asset and made.asset.code,
        "drawn_at": made.drawn_at,
        "purchase": order and _purchase(order),
    }


def _purchase(order: Order) -> dict:
    return {
        "client_order_id": order.client_order_id,
        "state": order.state,
        "units": f"{order.units.normalize():f}",
        "filled_units": f"{order.filled_units.normalize():f}",
        "gross": order.gross,
        "costs": order.costs,
    }
