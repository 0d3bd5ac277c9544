"""A retail person has no door to a confirmed status: not the functions, not the rows themselves."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from onboarding.approvals import Invalid, NotAllowed, propose
from onboarding.clients import Kind
from onboarding.investors.standing import pi_gate
from onboarding.investors.status import Evidence, InvestorMove, InvestorStatus, RestsOn
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
    manager_of,
    own,
    signatory_of,
)
from tests.proofs import guards_down, refused, sql

pytestmark = pytest.mark.django_db
TODAY = today(NOON)
LAST = date(2027, 3, 4)
SET = (
    "UPDATE onboarding_investorstatus SET state = 'confirmed', proposal_id = %s,"
    " confirmed_at = now(), from_date = %s, until_date = %s, passed = %s WHERE id = %s"
)


@pytest.fixture
def retail():
    """Four million in securities and fifty in coins: assessed, and not passed."""
    return assessed(a_client(), held=[own("4000000")])


@pytest.fixture
def passing():
    return assessed(a_client())


def at_commit(constraint: str) -> None:
    sql(f"SET CONSTRAINTS {constraint} IMMEDIATE")


class TestFunctions:
    @pytest.mark.rule("PI-9")
    def test_a_failing_assessment_is_never_proposed_by_anybody(self, retail):
        for by in (manager_of(retail.client), staff(Role.ONBOARDING_OFFICER)):
            with pytest.raises(Invalid, match="Not passed"):
                asked_for(retail, by=by)

    def test_a_client_neither_assesses_nor_proposes_for_itself(self, passing):
        user = signatory_of(passing.client)

        with pytest.raises(NotAllowed):
            assessed(passing.client, by=user)
        with pytest.raises(NotAllowed):
            asked_for(passing, by=user)

    def test_nobody_proposes_by_the_number_of_a_client_or_of_nothing(self):
        for number in ("0", "-1", "1e3", "99999999999999999999", "abc", "'; --"):
            with pytest.raises(Invalid):
                propose(
                    "confirm_investor",
                    {"status": number},
                    by=staff(Role.ONBOARDING_OFFICER),
                    reason="x",
                    now=NOON,
                )

    def test_what_the_payload_says_of_itself_is_not_believed(self, retail):
        payload = {"status": str(retail.pk), "passed": "yes", "portfolio": "9000000"}

        with pytest.raises(Invalid, match="Not passed"):
            propose("confirm_investor", payload, by=manager_of(retail.client), reason="x", now=NOON)

    def test_approving_twice_confirms_once(self, passing):
        one, other = asked_for(passing), asked_for(passing)
        agree(one)

        with pytest.raises(Invalid, match="already"):
            agree(other)


class TestRows:
    @pytest.mark.rule("PI-9")
    def test_no_row_is_born_confirmed(self, passing):
        with refused("onboarding_investorstatus_born_assessed"):
            sql(
                "INSERT INTO onboarding_investorstatus (client_id, category, limb, holders,"
                " verdict, passed, portfolio, assessed_by_id, assessed_at, state, from_date,"
                " until_date, confirmed_at) SELECT client_id, category, limb, holders, verdict,"
                " true, 9000000, assessed_by_id, assessed_at, 'confirmed', %s, %s, assessed_at"
                " FROM onboarding_investorstatus WHERE id = %s",
                TODAY,
                LAST,
                passing.pk,
            )

    @pytest.mark.rule("PI-9")
    def test_none_is_confirmed_without_a_passing_verdict(self, retail, passing):
        proposal = asked_for(passing)
        with refused("onboarding_investorstatus_append_only"):
            sql("UPDATE onboarding_investorstatus SET passed = true WHERE id = %s", retail.pk)
        with refused("investor_confirmed_by_its_proposal"):
            sql(SET, proposal.pk, TODAY, LAST, False, retail.pk)
        # Even with a proposal that names it, made by going past the door.
        with guards_down():
            sql(
                "UPDATE onboarding_proposal SET payload = %s, client_id = %s WHERE id = %s",
                f'{{"status": "{retail.pk}"}}',
                retail.client_id,
                proposal.pk,
            )
        with refused("investor_confirmed_by_a_passing_verdict"):
            sql(SET, proposal.pk, TODAY, LAST, False, retail.pk)

    @pytest.mark.rule("PI-9")
    def test_none_is_confirmed_without_its_own_proposal(self, passing):
        another = asked_for(assessed(a_client()))
        suspension = propose(
            "suspend_client",
            {"client": passing.client.number},
            by=manager_of(passing.client),
            reason="x",
            now=NOON,
        )
        for proposal in (None, another.pk, suspension.pk):
            with refused("investor_confirmed_by_its_proposal"):
                sql(SET, proposal, TODAY, LAST, True, passing.pk)

    @pytest.mark.rule("PI-9")
    def test_none_is_confirmed_by_a_proposal_that_nobody_approved(self, passing):
        proposal = asked_for(passing)
        with refused("investor_confirmed_was_approved"):
            InvestorMove.objects.create(
                subject=passing,
                step="confirm",
                source="assessed",
                target="confirmed",
                reason="x",
                moved_at=NOON,
            )
            sql(SET, proposal.pk, TODAY, LAST, True, passing.pk)
            at_commit("investor_confirmed_was_approved")

    def test_none_changes_state_without_its_move(self, passing):
        proposal = asked_for(passing)
        with refused("onboarding_investorstatus_state_changes_by_move"):
            sql(SET, proposal.pk, TODAY, LAST, True, passing.pk)

    @pytest.mark.rule("PI-8")
    def test_none_is_confirmed_without_evidence(self):
        client = a_client()
        bare = InvestorStatus.objects.create(
            client=client,
            category="individual",
            holders=[""],
            verdict={"lines": [], "tests": [], "why": "typed in", "levels": []},
            passed=True,
            portfolio=Decimal(9_000_000),
            assessed_by=manager_of(client),
            assessed_at=NOON,
        )
        with pytest.raises(Invalid, match="no evidence"):
            asked_for(bare)
        other = asked_for(assessed(client))
        with guards_down():
            sql(
                "UPDATE onboarding_proposal SET payload = %s WHERE id = %s",
                f'{{"status": "{bare.pk}"}}',
                other.pk,
            )
        with refused("investor_confirmed_on_evidence"):
            sql(SET, other.pk, TODAY, LAST, True, bare.pk)

    @pytest.mark.rule("PI-2")
    def test_a_typed_in_pass_does_not_survive_the_second_look(self):
        """Lines say four million and the row says passed: what is approved is measured again."""
        status = assessed(a_client(), held=[own("4000000")])
        copy = InvestorStatus.objects.create(
            client=status.client,
            category="individual",
            holders=[""],
            verdict=status.verdict,
            passed=True,
            portfolio=Decimal(9_000_000),
            assessed_by=status.assessed_by,
            assessed_at=NOON,
        )
        paper = status.evidence.get()
        paper.pk, paper.status = None, copy
        paper.save()

        with pytest.raises(Invalid, match="Not passed"):
            asked_for(copy)

    @pytest.mark.rule("PI-9")
    def test_none_is_made_to_last_longer(self):
        status = confirmed(a_client())
        for field in ("until_date", "from_date"):
            with refused("investor_status_is_not_extended"):
                sql(
                    f"UPDATE onboarding_investorstatus SET {field} = %s WHERE id = %s",  # noqa: S608
                    date(2027, 1, 1),
                    status.pk,
                )

    def test_a_client_has_one_confirmed_status(self):
        client = a_client()
        confirmed(client)
        second = assessed(client, now=NOON)
        proposal = asked_for(second)
        with refused("investor_one_confirmed_status"):
            sql(SET, proposal.pk, TODAY, LAST, True, second.pk)

    @pytest.mark.parametrize(
        "category", ["institutional", "holding", "corporate", "trust", "nonsense"]
    )
    def test_a_person_is_never_of_another_category(self, passing, category):
        with refused("investor_category_suits_the_client"):
            sql(
                "INSERT INTO onboarding_investorstatus (client_id, category, limb, holders,"
                " verdict, passed, assessed_by_id, assessed_at, state) SELECT client_id, %s, 'b',"
                " holders, verdict, false, assessed_by_id, assessed_at, 'assessed'"
                " FROM onboarding_investorstatus WHERE id = %s",
                category,
                passing.pk,
            )

    def test_a_pass_on_nothing_is_no_row(self, passing):
        with refused("investor_passed_on_something"):
            InvestorStatus.objects.create(
                client=passing.client,
                category="individual",
                verdict={},
                passed=True,
                assessed_by=passing.assessed_by,
                assessed_at=NOON,
            )

    @pytest.mark.rule("PI-8")
    @pytest.mark.parametrize("model", [InvestorStatus, Evidence, RestsOn, InvestorMove])
    def test_what_was_assessed_is_never_edited_or_deleted(self, model):
        person = a_client()
        confirmed(person)
        holding((person, "1"))
        table = model._meta.db_table
        with refused(f"{table}_append_only"):
            sql(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        field = {
            "onboarding_evidence": "as_of_date = as_of_date - 1",
            "onboarding_restson": "share = 0.5",
            "onboarding_investormove": "reason = 'better'",
        }.get(table, "portfolio = 9000000")
        with refused(f"{table}_append_only"):
            sql(f"UPDATE {table} SET {field}")  # noqa: S608 - names of ours


@pytest.mark.rule("PI-9")
def test_every_role_tries_the_admin_and_none_adds_or_changes_a_status(client, passing, retail):
    base = "/staff/onboarding/investorstatus/"
    answers = set()
    for role in sorted(Role):
        client.force_login(client_user() if role == Role.CLIENT else staff(role))
        fields = {"state": "confirmed", "passed": "on", "until_date": "2030-01-01"}
        for row in (passing, retail):
            answers.add(client.post(f"{base}{row.pk}/change/", fields).status_code)
            answers.add(client.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code)
        answers.add(client.post(f"{base}add/", fields).status_code)

    assert answers <= {302, 403, 404}
    assert not InvestorStatus.objects.exclude(state="assessed").exists()
    assert connection.in_atomic_block
    assert pi_gate(passing.client, on=TODAY)


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.JOINT])
def test_a_client_without_any_status_is_retail(kind):
    assert "professional investors only" in pi_gate(a_client(kind), on=TODAY)
