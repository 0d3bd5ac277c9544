"""A status rests on papers and two people, lapses on its day and falls with what it rests on."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.approvals import Invalid, NotAllowed
from onboarding.clients import Kind
from onboarding.eligibility import AssetClass, Category, Line, LineType
from onboarding.investors.limits import months_after
from onboarding.investors.papers import Held, RestOn
from onboarding.investors.renew import expire_due, remind_due
from onboarding.investors.standing import pi_gate, professional
from onboarding.investors.status import EvidenceType, InvestorStatus, StatusState
from onboarding.lifecycle import move
from onboarding.payloads import today
from onboarding.users import Role
from tests.factories import NOON, client_user, staff
from tests.factories.investors import (
    a_client,
    agree,
    asked_for,
    assessed,
    confirmed,
    holding,
    own,
    paper,
    signatory_of,
    withdrawn,
)

pytestmark = pytest.mark.django_db
TODAY = today(NOON)
DAY = timedelta(days=1)


def state_of(status) -> str:
    return InvestorStatus.objects.get(pk=status.pk).state


class TestMonths:
    @given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 60))
    def test_never_more_than_the_calendar_months(self, on, months):
        later = months_after(on, months)

        assert (later.year - on.year) * 12 + later.month - on.month == months
        assert later.day <= on.day

    def test_the_last_of_a_short_month(self):
        assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
        assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)


class TestConfirming:
    @pytest.mark.rule("PI-9")
    def test_nobody_is_professional_before_a_second_person_agreed(self):
        client = a_client()
        status = assessed(client)
        assert status.passed
        assert pi_gate(client, on=TODAY)
        proposal = asked_for(status)
        assert pi_gate(client, on=TODAY)

        agree(proposal)

        assert pi_gate(client, on=TODAY) is None
        assert pi_gate(client, on=TODAY - DAY)
        [step] = status.moves.all()
        assert (step.step, step.mover, step.reason) == (
            "confirm",
            type(proposal).objects.get(pk=proposal.pk).checker,
            "papers seen",
        )

    @pytest.mark.parametrize(
        "kind", [Kind.PERSON, Kind.JOINT, Kind.CORPORATE, Kind.TRUST, Kind.INSTITUTION]
    )
    def test_each_kind_of_client_has_its_way(self, kind):
        client = a_client(kind)

        assert confirmed(client).state == StatusState.CONFIRMED
        assert pi_gate(client, on=TODAY) is None

    @pytest.mark.rule("PI-2")
    def test_an_assessment_that_fails_is_kept_and_cannot_be_confirmed(self):
        client = a_client()
        status = assessed(client, held=[own("7999999.99")])

        assert not status.passed
        assert "7,999,999.99" in status.verdict["why"]
        with pytest.raises(Invalid, match="Not passed"):
            asked_for(status)

    def test_thresholds_and_whether_they_were_read_are_kept_with_the_verdict(self):
        levels = assessed(a_client()).verdict["levels"]

        assert {"value": "8000000", "verified": False}.items() <= levels[0].items()

    @pytest.mark.rule("PI-8")
    def test_it_ends_when_the_oldest_paper_is_too_old_or_after_a_year(self):
        client = a_client()
        status = confirmed(client, papers=[paper(as_of=date(2025, 6, 30))])

        assert status.until_date == date(2026, 6, 30)
        assert pi_gate(client, on=date(2026, 6, 29)) is None
        assert "expired" in pi_gate(client, on=date(2026, 6, 30))
        firm = confirmed(a_client(Kind.CORPORATE))
        assert firm.until_date == date(2027, 3, 4)

    def test_a_newer_one_takes_the_place_of_the_older(self):
        client = a_client()
        older = confirmed(client)
        newer = confirmed(client, now=NOON + 30 * DAY)

        assert (state_of(older), state_of(newer)) == (StatusState.REPLACED, StatusState.CONFIRMED)
        assert professional([client.pk], on=TODAY + 30 * DAY) == {client.pk: newer}

    def test_one_assessed_before_another_was_confirmed_is_assessed_again(self):
        client = a_client()
        early = assessed(client)
        confirmed(client, now=NOON + DAY)

        with pytest.raises(Invalid, match="assess again"):
            asked_for(early, now=NOON + 2 * DAY)

    def test_a_threshold_that_rose_since_refuses_at_the_approval(self):
        from onboarding.approvals import approve, propose

        client = a_client()
        proposal = asked_for(assessed(client))
        raised = {
            "parameter": "pi_portfolio_individual",
            "value": "9000000",
            "source": "amended rules",
            "verified": "yes",
        }
        row = propose("parameter", raised, by=staff(Role.COMPLIANCE), reason="law", now=NOON)
        approve(row, by=staff(Role.MIC_RM), reason="agreed", now=NOON)

        with pytest.raises(Invalid, match="9,000,000"):
            agree(proposal, now=NOON + DAY)
        assert pi_gate(client, on=TODAY + DAY)

    def test_withdrawn_by_two_people_it_is_retail_again(self):
        client = a_client()
        status = confirmed(client)

        withdrawn(client)

        assert state_of(status) == StatusState.WITHDRAWN
        assert pi_gate(client, on=TODAY)


class TestPapers:
    @pytest.mark.rule("PI-8")
    @pytest.mark.parametrize(
        ("kind", "type", "months"),
        [
            (Kind.PERSON, EvidenceType.CUSTODIAN_STATEMENT, 12),
            (Kind.PERSON, EvidenceType.ACCOUNTANT_CERTIFICATE, 12),
            (Kind.CORPORATE, EvidenceType.CUSTODIAN_STATEMENT, 12),
            (Kind.CORPORATE, EvidenceType.AUDITED_ACCOUNTS, 16),
        ],
    )
    def test_a_paper_is_too_old_on_the_day_it_reaches_its_age(self, kind, type, months):
        client = a_client(kind)
        dated = months_after(TODAY, -months)

        with pytest.raises(Invalid, match=f"older than {months} months"):
            assessed(client, papers=[paper(type, as_of=dated)])
        assert assessed(client, papers=[paper(type, as_of=dated + DAY)]).passed

    @pytest.mark.rule("PI-8")
    @pytest.mark.parametrize(
        ("papers", "words"),
        [
            ([], "no evidence that proves it"),
            ([paper(EvidenceType.VALUATION)], "no evidence that proves it"),
            ([paper(issuer=" ")], "nobody who issued it"),
            ([paper(reference="")], "needs a reference"),
            ([paper(sha256="abc")], "none of SHA-256"),
            ([paper(as_of=TODAY + DAY)], "cannot have been received"),
            ([paper(rate=Decimal("0"))], "less than nothing"),
            ([paper(rate=Decimal("7.8"))], "rate is 1"),
            ([paper(amount=Decimal("7999999"))], "its lines come to"),
            ([paper(amount=None)], "its lines come to"),
        ],
    )
    def test_what_proves_nothing_is_refused_in_words(self, papers, words):
        with pytest.raises(Invalid, match=words):
            assessed(a_client(), papers=papers)

    @pytest.mark.rule("PI-8")
    def test_another_currency_counts_at_its_rate_rounded_down(self):
        usd = paper(amount=Decimal("1025641.03"), currency="USD", rate=Decimal("7.8"))

        assert assessed(a_client(), papers=[usd], held=[own("8000000.03")]).passed
        with pytest.raises(Invalid, match="come to"):
            assessed(a_client(), papers=[usd], held=[own("8000000.04")])

    @pytest.mark.rule("PI-3")
    def test_total_assets_need_accounts(self):
        line = Line(LineType.TOTAL_ASSETS, AssetClass.OTHER, Decimal(40_000_000))
        firm = a_client(Kind.CORPORATE)

        assert assessed(firm, held=[Held(line, 0)]).passed
        with pytest.raises(Invalid, match="audited accounts"):
            assessed(firm, held=[Held(line, 0)], papers=[paper()])

    @pytest.mark.rule("PI-7")
    def test_a_private_fund_counts_with_a_valuation_among_the_papers(self):
        held = [own(asset_class=AssetClass.PRIVATE_FUND)]

        assert not assessed(a_client(), held=held).passed
        papers = [paper(), paper(EvidenceType.VALUATION)]
        assert assessed(a_client(), held=held, papers=papers).passed

    @pytest.mark.rule("PI-2")
    def test_of_a_joint_client_every_holder_is_named_and_passes(self):
        joint = a_client(Kind.JOINT)
        held = [own(holder="Chan"), own("1", holder="Lee")]

        assert not assessed(joint, held=held).passed
        with pytest.raises(Invalid, match="Name each holder"):
            assessed(joint, holders=[], held=[own()])


class TestWhoAssesses:
    def test_only_who_may_propose_does_and_a_manager_for_own_clients(self):
        client = a_client()
        for role in sorted(set(Role) - {Role.RM, Role.ONBOARDING_OFFICER}):
            by = client_user() if role == Role.CLIENT else staff(role)
            with pytest.raises(NotAllowed):
                assessed(client, by=by)
        with pytest.raises(NotAllowed, match="among yours"):
            assessed(client, by=staff(Role.RM))
        assert assessed(client, by=staff(Role.ONBOARDING_OFFICER)).passed

    @pytest.mark.parametrize(
        ("kind", "category"),
        [
            (Kind.PERSON, Category.INSTITUTIONAL),
            (Kind.PERSON, Category.HOLDING),
            (Kind.PERSON, Category.TRUST),
            (Kind.JOINT, Category.CORPORATE),
            (Kind.CORPORATE, Category.INSTITUTIONAL),
            (Kind.TRUST, Category.CORPORATE),
        ],
    )
    def test_nobody_is_assessed_as_what_they_are_not(self, kind, category):
        with pytest.raises(Invalid, match="cannot be"):
            assessed(a_client(kind), category=category)


class TestHoldings:
    @pytest.mark.rule("PI-4")
    def test_it_falls_with_what_it_rests_on_at_once_and_all_the_way_up(self):
        person = a_client()
        confirmed(person)
        lower = holding((person, "1"))
        upper = holding((lower.client, "1"))
        assert pi_gate(upper.client, on=TODAY) is None

        withdrawn(person)

        assert state_of(lower) == state_of(upper) == StatusState.LAPSED
        assert pi_gate(upper.client, on=TODAY)

    @pytest.mark.rule("PI-4")
    def test_the_gate_knows_the_day_before_the_night_has_run(self):
        person = a_client()
        confirmed(person, papers=[paper(as_of=date(2025, 6, 30))])
        firm = holding((person, "1"))

        assert pi_gate(firm.client, on=date(2026, 6, 29)) is None
        assert pi_gate(firm.client, on=date(2026, 6, 30))

    @pytest.mark.rule("PI-4")
    def test_who_wholly_owns_a_corporate_professional_is_one(self):
        firm = confirmed(a_client(Kind.CORPORATE)).client

        assert pi_gate(holding(owned=firm).client, on=TODAY) is None

    @pytest.mark.rule("PI-4")
    def test_nobody_rises_by_resting_on_each_other(self):
        person = a_client()
        confirmed(person)
        first = holding((person, "1"))
        second = holding((first.client, "1"))
        # The first is confirmed again, now resting on the second.
        rests = [RestOn(second.client, True, Decimal(1))]
        confirmed(
            first.client, category=Category.HOLDING, rests=rests, now=NOON + timedelta(hours=1)
        )

        assert pi_gate(first.client, on=TODAY)
        assert pi_gate(second.client, on=TODAY)

    @pytest.mark.rule("PI-4")
    def test_retail_owners_carry_nobody(self):
        with pytest.raises(Invalid, match="no professional investor"):
            holding((a_client(), "1"))


class TestNights:
    @pytest.mark.rule("PI-9")
    def test_it_lapses_on_its_day_and_not_before(self):
        status = confirmed(a_client())
        before = NOON + (status.until_date - TODAY - DAY)

        assert expire_due(now=before) == 0
        assert expire_due(now=before + DAY) == 1
        assert expire_due(now=before + DAY) == 0
        assert state_of(status) == StatusState.LAPSED

    @pytest.mark.rule("PI-9")
    def test_any_number_lapse_in_the_same_few_statements(self, django_assert_max_num_queries):
        for _ in range(5):
            confirmed(a_client())

        with django_assert_max_num_queries(12):
            assert expire_due(now=NOON + 400 * DAY) == 5

    @pytest.mark.rule("PI-9")
    def test_it_is_reminded_of_once_at_60_30_and_7_days(self):
        status = confirmed(a_client())
        reminded = []
        for days in range(70, -1, -1):
            for hour in (0, 6):
                at = NOON + (status.until_date - TODAY) - days * DAY + timedelta(hours=hour)
                if remind_due(now=at):
                    reminded.append(days)

        assert reminded == [60, 30, 7]
        steps = status.moves.filter(step="remind").order_by("pk")
        assert [step.reason.partition("within ")[2] for step in steps] == [
            "60 days",
            "30 days",
            "7 days",
        ]

    def test_missed_days_are_not_made_up_for(self):
        status = confirmed(a_client())
        near = NOON + (status.until_date - TODAY) - 5 * DAY

        assert remind_due(now=near) == 1
        assert remind_due(now=near) == 0
        assert InvestorStatus.objects.get(pk=status.pk).reminded == 7


def test_a_step_that_the_machine_does_not_have_is_refused():
    from django_fsm import TransitionNotAllowed

    with pytest.raises(TransitionNotAllowed):
        move(assessed(a_client()), InvestorStatus.lapse, reason="x", now=NOON)


def test_the_clients_own_login_assesses_nobody():
    client = a_client()

    with pytest.raises(NotAllowed):
        assessed(client, by=signatory_of(client))
