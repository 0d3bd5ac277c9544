"""Dated parameters: declared with where they come from, set by two people, never edited."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.approvals import Invalid, Stale, approve, propose
from onboarding.parameters import (
    ParameterValue,
    Unit,
    UnknownParameter,
    all_declared,
    declare,
    declared,
    in_force,
    shown,
    value_of,
)
from onboarding.users import Role
from tests.factories import NOON, a_parameter, client_user, staff
from tests.proofs import refused

DAY = timedelta(days=1)


def ask(value, *, now=NOON, by=None, **fields):
    payload = {"parameter": a_parameter().name, "value": value, "source": "book", "verified": "yes"}
    return propose(
        "parameter", payload | fields, by=by or staff(Role.RISK_OFFICER), reason="policy", now=now
    )


def set_to(value, *, now=NOON, **fields):
    return approve(ask(value, now=now, **fields), by=staff(Role.MIC_RM), reason="agreed", now=now)


@pytest.mark.django_db
class TestValues:
    def test_until_somebody_sets_it_the_declared_value_holds(self):
        [held] = in_force([a_parameter()], now=NOON)

        assert (held.value, held.verified, held.source, held.since) == (5, False, "nowhere", None)

    def test_a_value_holds_from_its_time_and_says_what_it_rests_on(self):
        set_to("7")
        set_to("9", effective_at="2026-03-05T12:00:00+08:00")

        assert value_of(a_parameter(), now=NOON - DAY) == 5
        assert value_of(a_parameter(), now=NOON) == 7
        assert value_of(a_parameter(), now=NOON + DAY) == 9
        [held] = in_force([a_parameter()], now=NOON)
        assert (held.verified, held.source, held.since) == (True, "book", NOON)

    def test_many_are_read_at_once(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            in_force(all_declared(), now=NOON)

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"parameter": "speed_of_light"}, "no parameter speed_of_light"),
            ({"value": "31"}, "between 0 and 30"),
            ({"value": "1.5"}, "decimals"),
            ({"value": "-1"}, "between"),
            ({"value": "NaN"}, "between"),
            ({"value": "many"}, "not a number"),
            ({"source": " "}, "source is missing"),
            ({"verified": "perhaps"}, "yes or no"),
            ({"value": "5", "source": "nowhere", "verified": "no"}, "is 5 days already"),
            ({"effective_at": "2026-03-01T00:00:00"}, "has passed"),
        ],
    )
    def test_what_cannot_be_is_refused_in_words(self, fields, why):
        with pytest.raises(Invalid, match=why):
            ask(**({"value": "7"} | fields))

        assert not ParameterValue.objects.exists()

    def test_a_second_value_waits_for_no_stale_one(self):
        first, second = ask("7"), ask("9")
        approve(first, by=staff(Role.MIC_RM), reason="x", now=NOON)

        with pytest.raises(Stale, match="was 5 days when proposed and is 7 days now"):
            approve(second, by=staff(Role.MIC_RM), reason="x", now=NOON)


@pytest.mark.django_db
class TestWhatMustNeverBe:
    def test_a_value_is_never_edited_or_deleted(self):
        set_to("7")

        with refused("onboarding_parametervalue_append_only"):
            ParameterValue.objects.update(value=8)
        with refused("onboarding_parametervalue_append_only"):
            ParameterValue.objects.all().delete()

    @pytest.mark.parametrize(
        ("constraint", "fields"),
        [
            ("parameter_not_negative", {"value": Decimal(-1)}),
            ("parameter_has_a_source", {"source": ""}),
        ],
    )
    def test_a_row_that_makes_no_sense(self, constraint, fields):
        proposal = ask("7")
        row = {
            "name": "x",
            "value": Decimal(1),
            "verified": True,
            "source": "x",
            "effective_at": NOON,
            "reason": "x",
            "maker": proposal.maker,
            "checker": staff(),
            "proposal": proposal,
        }
        with refused(constraint):
            ParameterValue.objects.create(**row | fields)

    def test_a_maker_who_is_the_checker(self):
        proposal = ask("7")
        with refused("parameter_maker_is_not_checker"):
            ParameterValue.objects.create(
                name="x",
                value=Decimal(1),
                verified=True,
                source="x",
                effective_at=NOON,
                reason="x",
                maker=proposal.maker,
                checker=proposal.maker,
                proposal=proposal,
            )


class TestDeclaring:
    def test_two_of_one_name(self):
        known = a_parameter()

        with pytest.raises(UnknownParameter, match="two parameters"):
            declare(known.name, "x", unit=Unit.DAYS, initial=Decimal(1), verified=False, source="x")

    def test_one_that_opens_outside_its_bounds(self):
        with pytest.raises(UnknownParameter, match="outside"):
            declare("x", "x", unit=Unit.FRACTION, initial=Decimal(2), verified=False, source="x")

    def test_one_that_nobody_declared(self):
        with pytest.raises(UnknownParameter):
            declared("speed_of_light")

    @given(st.decimals(min_value=0, max_value=1, places=6))
    def test_a_share_is_shown_as_percent_without_losing_a_digit(self, value):
        known = a_parameter()
        share = type(known)(**{**_fields(known), "unit": Unit.FRACTION})

        assert Decimal(shown(share, value).rstrip("%")) / 100 == value


def _fields(known):
    return {name: getattr(known, name) for name in type(known).__dataclass_fields__}


@pytest.mark.django_db
class TestPage:
    def test_it_shows_what_holds_and_whether_the_source_was_read(self, client, time_machine):
        time_machine.move_to(NOON, tick=False)
        set_to("7")
        set_to("9", effective_at="2026-03-05T12:00:00+08:00")
        client.force_login(staff(Role.AUDITOR))

        page = client.get("/staff/parameters/").content.decode()

        assert "Days that a test waits" in page
        assert "7 days" in page
        assert "9 days" in page
        assert "Propose a value" not in page

    def test_who_may_propose_is_led_to_the_form(self, client, time_machine):
        time_machine.move_to(NOON, tick=False)
        known = a_parameter()
        client.force_login(staff(Role.RISK_OFFICER))

        assert f"?parameter={known.name}" in client.get("/staff/parameters/").content.decode()
        form = {
            "parameter": known.name,
            "value": "7",
            "source": "book",
            "verified": "no",
            "reason": "x",
            "confirmed": "yes",
        }
        client.post("/staff/approvals/new/parameter/", form)
        page = client.get("/staff/approvals/?show=mine").content.decode()
        assert "Days that a test waits (days)" in page

    @pytest.mark.parametrize("role", sorted(Role))
    def test_who_sees_it(self, client, role):
        client.force_login(client_user() if role == Role.CLIENT else staff(role))

        status = client.get("/staff/parameters/").status_code

        sees = {
            "onboarding_officer",
            "risk_officer",
            "compliance",
            "responsible_officer",
            "finance",
            "mic_omo",
            "mic_rm",
            "auditor",
        }
        assert status == (200 if role in sees else 404 if role == Role.CLIENT else 403)
