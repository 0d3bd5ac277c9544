"""What two people do with a held payment: let it in, or give it back (AML-15)."""

from datetime import datetime

from onboarding.approvals import Command, Difference, Invalid, Proposal, register
from onboarding.clients import Client
from onboarding.hands import RELEASE_PAYMENT, RETURN_PAYMENT, Area
from onboarding.lifecycle import move
from onboarding.payloads import as_hkd, text
from onboarding.screening.hits import Hit, HitState
from onboarding.screening.payments import Payment, PaymentState

LOOKED_INTO = {
    "relationship": "Who the payer is to the client",
    "identity": "How the payer's identity was verified",
    "purpose": "Why the client does not pay it",
}


def _held(payload: dict) -> Payment:
    reference = text(payload, "payment", "The payment")
    payment = Payment.objects.filter(reference=reference).select_related("client").first()
    if payment is None:
        raise Invalid(f"There is no payment {reference[:60]}.")
    if payment.state != PaymentState.HELD:
        raise Invalid(f"{payment} is not held: {payment.get_state_display().lower()}.")
    return payment


def _client_of(payload: dict) -> Client:
    return _held(payload).client


def _line(payment: Payment, after: PaymentState) -> tuple[str, str, str]:
    said = f"{as_hkd(payment.amount)} paid by {payment.payer_name} for {payment.client}"
    return said, PaymentState.HELD.label, after.label


def _release_differs(payload: dict) -> Difference:
    payment = _held(payload)
    hits = Hit.objects.filter(screened__key=payment.payer_key)
    if hits.filter(state__in=[HitState.OPEN, HitState.TRUE]).exists():
        raise Invalid("The payer's screening is not cleared.")
    lines = [(called, "", text(payload, key, called)) for key, called in LOOKED_INTO.items()]
    return [_line(payment, PaymentState.RELEASED), *lines]


def _release(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    return _moved(payload, Payment.release, proposal=proposal, now=now)


def _return_differs(payload: dict) -> Difference:
    return [_line(_held(payload), PaymentState.RETURNED)]


def _return(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    return _moved(payload, Payment.give_back, proposal=proposal, now=now)


def _moved(payload: dict, step, *, proposal: Proposal, now: datetime) -> dict:
    payment = move(_held(payload), step, reason=proposal.reason, mover=proposal.checker, now=now)
    return {"payment": payment.reference, "state": payment.state}


register(
    Command(
        name="release_payment",
        title="Let in money from a third party",
        proposes=RELEASE_PAYMENT.proposes,
        approves=lambda payload: RELEASE_PAYMENT.approves,
        apply=_release,
        differs=_release_differs,
        client_of=_client_of,
        area=Area.OPERATIONS,
        restricted=True,
    )
)
register(
    Command(
        name="return_payment",
        title="Give back money from a third party",
        proposes=RETURN_PAYMENT.proposes,
        approves=lambda payload: RETURN_PAYMENT.approves,
        apply=_return,
        differs=_return_differs,
        client_of=_client_of,
        area=Area.OPERATIONS,
        restricted=True,
    )
)
