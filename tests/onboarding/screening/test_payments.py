"""A client's own money passes; anybody else's waits for two people."""

from decimal import Decimal

import pytest

from onboarding.approvals import Invalid, NotAllowed, Proposal, approve, propose
from onboarding.clients import Kind
from onboarding.screening.decide import find_false, find_true
from onboarding.screening.hits import Hit
from onboarding.screening.payments import Payment, PaymentRefused, PaymentState, receive_payment
from onboarding.screening.screened import Screened
from onboarding.users import Role
from tests.factories import NOON, staff
from tests.factories.screening import client_called, lists_in_force
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

LOOKED_INTO = {
    "relationship": "Her husband.",
    "identity": "HKID seen by video.",
    "purpose": "Their joint savings are in his name.",
}


def pay(client, payer: str, *, reference="FPS-1", amount="1000.00") -> Payment:
    return receive_payment(
        client,
        reference=reference,
        amount=Decimal(amount),
        payer_name=payer,
        value_date=NOON.date(),
        now=NOON,
    )


@pytest.mark.rule("AML-15")
@pytest.mark.parametrize(
    ("payer", "state"),
    [
        ("CHAN TAI MAN", PaymentState.PASSED),
        ("MR CHAN, TAI-MAN", PaymentState.PASSED),
        ("陈大文", PaymentState.PASSED),
        ("CHAN TAI WAI", PaymentState.HELD),
        ("CHAN T M", PaymentState.HELD),
        ("TAI MAN TRADING LIMITED", PaymentState.HELD),
        ("?", PaymentState.HELD),
    ],
)
def test_only_the_clients_own_name_passes(payer, state):
    client = client_called("Chan Tai Man", chinese="陳大文")

    assert pay(client, payer).state == state


def test_a_firm_pays_under_another_way_of_writing_its_form():
    firm = client_called("Golden Orchid Shipping Limited", kind=Kind.CORPORATE)

    assert pay(firm, "GOLDEN ORCHID SHIPPING LTD").state == PaymentState.PASSED
    assert pay(firm, "GOLDEN ORCHID TRADING LTD", reference="2").state == PaymentState.HELD


@pytest.mark.rule("AML-15")
def test_held_money_is_let_in_by_two_people_the_mlro_one_of_them():
    client = client_called("Lau Mei Ling")
    held = pay(client, "Wong Kwok Ming")
    clerk = staff(Role.OPERATIONS)
    payload = {"payment": held.reference} | LOOKED_INTO
    for missing in LOOKED_INTO:
        with pytest.raises(Invalid, match="missing"):
            propose("release_payment", payload | {missing: ""}, by=clerk, reason="x", now=NOON)

    proposal = propose("release_payment", payload, by=clerk, reason="family", now=NOON)
    for role in (Role.COMPLIANCE, Role.RESPONSIBLE_OFFICER, Role.OPERATIONS):
        with pytest.raises(NotAllowed):
            approve(proposal, by=staff(role), reason="fine", now=NOON)
    approve(proposal, by=staff(Role.MLRO), reason="looked into", now=NOON)

    assert Payment.objects.get().state == PaymentState.RELEASED
    with pytest.raises(Invalid, match="not held"):
        propose("return_payment", {"payment": held.reference}, by=clerk, reason="x", now=NOON)


@pytest.mark.rule("AML-15")
def test_or_it_goes_back():
    held = pay(client_called("Lau Mei Ling"), "Wong Kwok Ming")
    payload = {"payment": held.reference}
    proposal = propose(
        "return_payment", payload, by=staff(Role.OPERATIONS), reason="no answer", now=NOON
    )

    approve(proposal, by=staff(Role.COMPLIANCE), reason="back", now=NOON)

    assert Payment.objects.get().state == PaymentState.RETURNED


@pytest.mark.rule("AML-11", "AML-15")
def test_the_payer_is_screened_and_a_question_about_him_holds_the_release():
    lists_in_force()
    held = pay(client_called("Lau Mei Ling"), "Sergey Petrovich Ivanov")
    hit = Hit.objects.get(screened__key=held.payer_key)
    clerk, payload = staff(Role.OPERATIONS), {"payment": held.reference} | LOOKED_INTO

    with pytest.raises(Invalid, match="not cleared"):
        propose("release_payment", payload, by=clerk, reason="x", now=NOON)
    find_false([hit], reason="Born in 1991.", by=staff(Role.COMPLIANCE), now=NOON)
    assert propose("release_payment", payload, by=clerk, reason="x", now=NOON)


@pytest.mark.rule("AML-12")
def test_a_payer_found_true_is_the_mlros_and_nobody_reads_so_in_the_proposals():
    lists_in_force()
    client = client_called("Lau Mei Ling")
    held = pay(client, "Sergey Petrovich Ivanov")
    find_true(
        Hit.objects.get(screened__key=held.payer_key),
        reason="It is he.",
        by=staff(Role.COMPLIANCE),
        now=NOON,
    )
    with pytest.raises(Invalid, match="not cleared"):
        propose(
            "release_payment",
            {"payment": held.reference} | LOOKED_INTO,
            by=staff(Role.OPERATIONS),
            reason="x",
            now=NOON,
        )
    assert not Proposal.objects.exists()


def test_the_same_reference_is_one_payment_and_another_one_is_refused():
    client = client_called("Chan Tai Man")
    assert pay(client, "Chan Tai Man") == pay(client, "Chan Tai Man")
    with pytest.raises(PaymentRefused, match="another payment"):
        pay(client, "Chan Tai Man", amount="1.00")
    assert not Screened.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0"},
        {"amount": "-1"},
        {"amount": "1.001"},
        {"amount": "NaN"},
        {"reference": " "},
        {"payer": " "},
    ],
)
def test_what_is_no_payment_is_refused(wrong):
    with pytest.raises(PaymentRefused):
        pay(client_called("Chan Tai Man"), **{"payer": "x"} | wrong)


@pytest.mark.rule("AML-15", "AML-24")
def test_the_database_lets_no_payment_out_of_hold_by_itself():
    pay(client_called("Lau Mei Ling"), "Wong Kwok Ming")
    with refused("onboarding_payment_state_changes_by_move"):
        sql("UPDATE onboarding_payment SET state = 'released', ended_at = now()")
    with refused("onboarding_payment_append_only"):
        sql("UPDATE onboarding_payment SET payer_name = 'Lau Mei Ling'")
    with refused("payment_amount_positive"):
        sql(
            "INSERT INTO onboarding_payment (client_id, reference, amount, payer_name, payer_bank,"
            " value_date, name_score, received_at, state) SELECT client_id, 'x', 0, 'x', '',"
            " value_date, 0, received_at, 'received' FROM onboarding_payment"
        )
