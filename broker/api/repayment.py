"""Repay: the client's money against the debt, once for each key."""

from http import HTTPStatus

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from broker.api.access import own_account_of
from broker.api.amounts import AskedAmountField, HkdField
from broker.api.keys import PARAMETER, REPLAYED, key_of, reused
from broker.api.problems import Problem, answers
from broker.api.view import Resource
from lending.loans.repay import KeyReused, Repayment, RepaymentRefused, Source, repay

BY_TRANSFER = "A payment counts when it arrives at our bank: send it with your account number."


class RepaymentAskedSerializer(serializers.Serializer):
    amount = AskedAmountField()


class RepaymentSerializer(serializers.Serializer):
    """Money that met the debt: the parts in the order they were met, HKD."""

    account = serializers.CharField()
    amount = HkdField()
    source = serializers.ChoiceField(choices=Source.choices)
    costs = HkdField()
    overdue_interest = HkdField()
    interest = HkdField()
    fees = HkdField()
    principal = HkdField()
    deficit = HkdField()
    left_over = HkdField(help_text="What stays your cash in the account.")
    paid_at = serializers.DateTimeField()


class RepaymentList(Resource):
    """Repayments of the account."""

    serializer_class = RepaymentSerializer
    throttle_scope = "acts"

    @extend_schema(
        operation_id="repayments_create",
        parameters=[PARAMETER],
        request=RepaymentAskedSerializer,
        responses={201: RepaymentSerializer, **answers(400, 401, 403, 404, 409, 422, 429)},
    )
    def post(self, request, number: str):
        """Pay into the account: costs, overdue interest, interest, fees, principal are met."""
        now = timezone.now()
        account = own_account_of(request.user, number, now=now)
        key = key_of(request, account)
        asked = RepaymentAskedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if not settings.PAPER_BANK:
            raise Problem(HTTPStatus.CONFLICT, "pay-by-transfer", BY_TRANSFER)
        try:
            made = repay(account, asked.validated_data["amount"], key=key, by=request.user, now=now)
        except RepaymentRefused as refusal:
            raise Problem(HTTPStatus.CONFLICT, "repayment-refused", str(refusal)) from refusal
        except KeyReused as reuse:
            raise reused() from reuse
        made = Repayment.objects.select_related("account").get(pk=made.pk)
        headers = {} if made.paid_at == now else {REPLAYED: "true"}
        return Response(RepaymentSerializer(made).data, HTTPStatus.CREATED, headers=headers)
