"""What the monitoring finds in movements, over related clients, and what becomes of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.loans.draw import draw
from lending.loans.repay import repay
from lending.tasks import watch_transactions
from onboarding.approvals import approve, propose
from onboarding.clients import Signatory
from onboarding.screening.cases import Case, Refused, Stop
from onboarding.screening.monitoring.alerts import Alert, AlertState, clear, escalate
from onboarding.screening.monitoring.flows import Flow, Kind, Rule, Thresholds, findings
from onboarding.screening.monitoring.watch import circles, horizon, watch
from onboarding.users import Role
from tests.factories import NOON, client_user, margin_account, price, staff
from tests.factories.investors import tied
from tests.factories.screening import client_called
from tests.proofs import refused, sql

AT = Thresholds(
    structuring_amount=Decimal(120_000),
    structuring_count=3,
    structuring_days=5,
    in_and_out_amount=Decimal(500_000),
    in_and_out_share=Decimal("0.8"),
    in_and_out_days=3,
    means_share=Decimal("0.5"),
    means_days=30,
    addresses=5,
    addresses_days=30,
    dormant_days=180,
    awake_amount=Decimal(1_000_000),
)


def flow(kind: Kind, amount, day: float, client: int = 1) -> Flow:
    return Flow(client, kind, Decimal(amount), NOON + timedelta(days=day), f"{kind}-{day}-{amount}")


def rules(*flows: Flow, means=None) -> list[str]:
    return [str(found.rule) for found in findings(flows, means=means, at=AT)]


@pytest.mark.rule("AML-10")
@pytest.mark.parametrize(
    ("amounts", "days", "found"),
    [
        (("40000", "40000", "40000"), (0, 1, 5), True),  # Together the amount, to the cent.
        (("40000", "40000", "39999.99"), (0, 1, 5), False),
        (("40000", "40000", "40000"), (0, 1, 5.01), False),
        (("60000", "60000"), (0, 1), False),
        (("120000", "120000", "120000"), (0, 1, 2), False),
    ],
)
def test_payments_split_below_the_amount_are_found(amounts, days, found):
    flows = [flow(Kind.IN, amount, day) for amount, day in zip(amounts, days, strict=True)]

    assert (Rule.STRUCTURING in rules(*flows)) == found


@pytest.mark.rule("AML-10")
@pytest.mark.parametrize(
    ("out", "day", "found"),
    [("400000", 3, True), ("399999.99", 3, False), ("400000", 3.01, False), ("400000", -1, False)],
)
def test_money_that_goes_out_soon_after_it_came_is_found(out, day, found):
    assert (Rule.IN_AND_OUT in rules(flow(Kind.IN, "500000", 0), flow(Kind.OUT, out, day))) == found


@pytest.mark.rule("AML-10")
def test_payments_far_above_the_declared_means_are_found_where_means_are_declared():
    flows = [flow(Kind.IN, "300000", 0), flow(Kind.IN, "300001", 29)]

    assert rules(*flows, means=Decimal(1_200_000)) == [Rule.ABOVE_MEANS]
    assert rules(*flows, means=Decimal(1_200_002)) == []
    assert rules(*flows) == []


@pytest.mark.rule("AML-10")
def test_many_new_addresses_and_a_dormant_account_that_wakes_are_found():
    assert rules(*(flow(Kind.NEW_ADDRESS, 0, day) for day in range(5))) == [Rule.ADDRESSES]
    assert rules(*(flow(Kind.NEW_ADDRESS, 0, day) for day in range(4))) == []
    assert rules(flow(Kind.OUT, 1, 0), flow(Kind.OUT, "1000000", 180)) == [Rule.AWAKE]
    assert rules(flow(Kind.OUT, 1, 0), flow(Kind.OUT, "999999", 180)) == []
    assert rules(flow(Kind.OUT, 1, 0), flow(Kind.OUT, "1000000", 179)) == []


@given(
    flows=st.lists(
        st.builds(
            flow,
            st.sampled_from(Kind),
            st.integers(0, 10**6),
            st.integers(0, 400),
        ),
        max_size=12,
    )
)
def test_the_order_in_which_movements_are_told_changes_nothing(flows):
    one = findings(flows, means=Decimal(10**6), at=AT)

    assert findings(list(reversed(flows)), means=Decimal(10**6), at=AT) == one
    assert all(set(found.flows) <= set(flows) for found in one)


# --- Alerts --------------------------------------------------------------------------------------


def split(client, *, ref="r") -> list[Flow]:
    return [
        Flow(client.pk, Kind.IN, Decimal(50_000), NOON + timedelta(hours=n), f"{ref}{n}")
        for n in range(3)
    ]


@pytest.mark.django_db
class TestAlerts:
    @pytest.mark.rule("AML-10")
    def test_an_alert_keeps_rule_thresholds_and_movements_and_is_raised_once(self):
        client = client_called("Lau Ka Fai")

        assert watch(split(client), now=NOON) == 1
        assert watch(split(client), now=NOON + timedelta(days=1)) == 0

        alert = Alert.objects.get()
        assert (alert.rule, alert.client, alert.state) == ("structuring", client, "open")
        assert alert.thresholds["structuring_amount"] == "120000"
        assert len(alert.flows) == 3

    @pytest.mark.rule("AML-10")
    def test_movements_of_related_clients_count_together(self):
        one, other, third = (client_called(f"Client {n}") for n in range(3))
        user = client_user()
        for client in (one, other):
            Signatory.objects.create(client=client, user=user)
        flows = [*split(one)[:2], *split(other, ref="s")[2:]]
        assert circles(on=NOON.date()) == [frozenset({one.pk, other.pk})]

        assert watch(flows, now=NOON) == 1
        assert Alert.objects.get().clients == sorted([one.pk, other.pk])
        assert watch([*split(one, ref="t")[:2], *split(third, ref="u")[2:]], now=NOON) == 0

    @pytest.mark.rule("AML-10", "SMF-7")
    def test_movements_of_a_connected_group_count_together(self):
        one, other = (client_called(f"Client {n}") for n in range(2))
        flows = [*split(one)[:2], *split(other, ref="s")[2:]]
        assert watch(flows, now=NOON) == 0

        tied(one, "spouse", to=other)
        assert watch(flows, now=NOON) == 1

    @pytest.mark.rule("AML-10")
    def test_a_threshold_is_a_dated_parameter(self):
        client = client_called("Lau Ka Fai")
        payload = {
            "parameter": "monitoring_structuring_count",
            "value": "4",
            "source": "validation",
            "verified": "yes",
        }
        proposal = propose("parameter", payload, by=staff(Role.RISK_OFFICER), reason="x", now=NOON)
        approver = staff(sorted(proposal.approvers)[0])
        approve(proposal, by=approver, reason="x", now=NOON)

        assert watch(split(client), now=NOON) == 0

    def test_an_alert_is_cleared_with_a_reason_by_who_may(self):
        watch(split(client_called("Lau Ka Fai")), now=NOON)
        alert = Alert.objects.get()
        with pytest.raises(Refused, match="Compliance and the MLRO"):
            clear(alert, reason="x", by=staff(Role.RISK_OFFICER), now=NOON)
        officer = staff(Role.COMPLIANCE)
        with pytest.raises(Refused, match="reason"):
            clear(alert, reason=" ", by=officer, now=NOON)

        alert = clear(alert, reason="School fees in three parts.", by=officer, now=NOON)

        assert (alert.state, alert.decided_by) == (AlertState.CLEARED, officer)
        with pytest.raises(Refused, match="decided already"):
            escalate(alert, reason="x", by=officer, now=NOON)

    @pytest.mark.rule("AML-12")
    def test_an_escalated_alert_is_a_case_and_out_of_everybodys_sight(self):
        watch(split(client_called("Lau Ka Fai")), now=NOON)
        officer = staff(Role.COMPLIANCE)

        alert = escalate(Alert.objects.get(), reason="No good reason.", by=officer, now=NOON)

        assert alert.case == Case.objects.get()
        assert not Stop.objects.exists()
        for user in (staff(Role.COMPLIANCE), staff(Role.AUDITOR)):
            assert not Alert.objects.visible_to(user).exists()
        for user in (officer, staff(Role.MLRO)):
            assert Alert.objects.visible_to(user).exists()

    @pytest.mark.rule("AML-24")
    def test_the_database_keeps_an_alert(self):
        watch(split(client_called("Lau Ka Fai")), now=NOON)
        with refused("onboarding_alert_append_only"):
            sql("DELETE FROM onboarding_alert")
        with refused("onboarding_alert_state_changes_by_move"):
            sql(
                "UPDATE onboarding_alert SET state = 'cleared', decision_reason = 'x',"
                " decided_by_id = %s",
                staff(Role.COMPLIANCE).pk,
            )

    @pytest.mark.rule("AML-10")
    def test_what_lending_knows_of_is_watched_by_the_timetable(self, time_machine):
        account = margin_account(pledged={"BTC": "100"})
        price("BTC", "700000", at=NOON)
        repay(account, Decimal(900_000), key="in", now=NOON)
        draw(account, Decimal(800_000), key="out", now=NOON + timedelta(seconds=1))
        time_machine.move_to(NOON + timedelta(days=1), tick=False)

        watch_transactions()
        watch_transactions()

        alert = Alert.objects.get()
        assert (alert.rule, alert.client) == ("rapid in and out", account.client)

    def test_movements_reach_far_enough_back(self):
        assert horizon(now=NOON) < NOON - timedelta(days=300)
