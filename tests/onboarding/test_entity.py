"""Nothing new is offered until compliance signs, the responsible officer agrees, the SFC knows."""

from datetime import timedelta

import pytest

from onboarding.approvals import Invalid, NotAllowed, Stale, approve, propose
from onboarding.entity import (
    FEATURES,
    VA_FINANCING_CONDITIONS,
    Feature,
    LegalEntity,
    ProductSwitch,
    UnknownFeature,
    client_type,
    gate,
    may_finance_va,
)
from onboarding.users import Role
from tests.factories import NOON, staff
from tests.proofs import refused, sql

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def entity():
    return LegalEntity.objects.create(name="Harbour Securities", licence="ABC123")


@pytest.fixture
def compliance():
    return staff(Role.COMPLIANCE)


@pytest.fixture
def officer():
    return staff(Role.RESPONSIBLE_OFFICER)


def payload(feature=Feature.VA_FINANCING, on="on", **fields):
    asked = {
        "entity": "ABC123",
        "feature": str(feature),
        "on": on,
        "notification": "SFC/2026/0301",
        "notified_date": "2026-03-02",
        "conditions": dict.fromkeys(VA_FINANCING_CONDITIONS, "signed, file 7"),
    }
    return asked | fields


def switch(by, officer, *, now=NOON, **asked):
    proposal = propose("product_switch", payload(**asked), by=by, reason="notified", now=now)
    approve(proposal, by=officer, reason="agreed", now=now)
    return ProductSwitch.objects.get(proposal=proposal)


@pytest.mark.rule("VAF-1")
@pytest.mark.rule("JC-9")
@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_everything_is_off_by_default(entity, feature):
    assert "do not offer" in gate(feature, now=NOON)


@pytest.mark.rule("VAF-1")
def test_virtual_assets_are_financed_from_the_moment_two_people_switched_it_on(
    entity, compliance, officer
):
    row = switch(compliance, officer)

    assert may_finance_va(now=NOON - timedelta(microseconds=1))
    assert may_finance_va(now=NOON) is None
    assert (row.maker, row.checker, row.notification) == (compliance, officer, "SFC/2026/0301")
    assert set(row.conditions) == set(VA_FINANCING_CONDITIONS)
    assert gate(Feature.VA_WITHDRAWALS, now=NOON), "One feature opens no other."


@pytest.mark.rule("VAF-1")
def test_a_switch_holds_from_its_effective_date(entity, compliance, officer):
    switch(compliance, officer, effective_at="2026-03-10T09:00:00+08:00")

    assert may_finance_va(now=NOON)
    assert may_finance_va(now=NOON + 6 * DAY) is None


@pytest.mark.rule("VAF-1")
def test_what_is_switched_off_is_off(entity, compliance, officer):
    switch(compliance, officer)
    switch(compliance, officer, now=NOON + DAY, on="off", notification="", notified_date="")

    assert may_finance_va(now=NOON) is None
    assert may_finance_va(now=NOON + DAY)


@pytest.mark.rule("VAF-1")
@pytest.mark.parametrize("missing", sorted(VA_FINANCING_CONDITIONS))
def test_every_licence_condition_is_signed_for(entity, compliance, missing):
    signed = {name: "file 7" for name in VA_FINANCING_CONDITIONS if name != missing}
    with pytest.raises(Invalid, match="is missing"):
        propose("product_switch", payload(conditions=signed), by=compliance, reason="x", now=NOON)


@pytest.mark.rule("JC-9")
@pytest.mark.parametrize("feature", [Feature.STAKING, client_type("trust"), Feature.VA_FINANCING])
@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("notification", "", "reference is missing"),
        ("notification", "  ", "reference is missing"),
        ("notified_date", "", "is missing"),
        ("notified_date", "soon", "not a date"),
        ("notified_date", "2026-03-05", "to come"),
    ],
)
def test_nothing_starts_before_the_regulator_was_told(
    entity, compliance, feature, field, value, why
):
    with pytest.raises(Invalid, match=why):
        propose(
            "product_switch",
            payload(feature, **{field: value}),
            by=compliance,
            reason="x",
            now=NOON,
        )


def row(entity, **fields):
    people = {"maker": staff(Role.COMPLIANCE), "checker": staff(Role.RESPONSIBLE_OFFICER)}
    return ProductSwitch(
        **{
            "entity": entity,
            "feature": Feature.VA_FINANCING,
            "on": True,
            "notification": "SFC/1",
            "notified_date": NOON.date(),
            "conditions": dict.fromkeys(VA_FINANCING_CONDITIONS, "signed"),
            "effective_at": NOON,
            "reason": "x",
        }
        | people
        | fields
    )


@pytest.mark.rule("VAF-1")
@pytest.mark.rule("JC-9")
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"notification": ""}, "product_switch_on_was_notified"),
        ({"notified_date": None}, "product_switch_on_was_notified"),
        ({"conditions": {}}, "product_switch_va_financing_conditions_signed"),
        ({"conditions": {"omnibus": "x"}}, "product_switch_va_financing_conditions_signed"),
    ],
)
def test_the_database_holds_what_a_switch_needs(entity, fields, constraint):
    with refused(constraint):
        ProductSwitch.objects.bulk_create([row(entity, **fields)])


def test_the_database_refuses_one_person(entity, compliance):
    with refused("product_switch_maker_is_not_checker"):
        row(entity, maker=compliance, checker=compliance).save()


def test_a_switch_and_an_entity_are_never_edited(entity):
    row(entity).save()
    with refused("onboarding_productswitch_append_only"):
        sql('UPDATE onboarding_productswitch SET "on" = false')
    with refused("onboarding_legalentity_append_only"):
        LegalEntity.objects.update(licence="XYZ")


@pytest.mark.rule("VAF-1")
def test_each_entity_has_switches_of_its_own(entity, compliance, officer):
    switch(compliance, officer)
    other = LegalEntity.objects.create(name="Harbour Asset Management", licence="DEF456")

    assert may_finance_va(now=NOON, entity=entity) is None
    assert may_finance_va(now=NOON, entity=other)
    assert may_finance_va(now=NOON), "With two entities, one has to say which is meant."


def test_without_an_entity_nothing_is_offered():
    assert may_finance_va(now=NOON)


def test_a_gate_that_nobody_knows_is_an_error_and_no_refusal(entity):
    with pytest.raises(UnknownFeature):
        gate("va_finnacing", now=NOON)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"entity": "XXX"}, "no legal entity"),
        ({"feature": "teleport"}, "no feature"),
        ({"on": "maybe"}, "on or off"),
        ({"on": "off"}, "off already"),
        ({"effective_at": "2026-03-01T00:00:00+08:00"}, "has passed"),
        ({"effective_at": "later"}, "not one"),
    ],
)
def test_a_switch_that_cannot_be_is_refused_when_proposed(entity, compliance, fields, why):
    with pytest.raises(Invalid, match=why):
        propose("product_switch", payload(**fields), by=compliance, reason="x", now=NOON)


def test_a_second_switch_of_the_same_kind_is_stale(entity, compliance, officer):
    first, second = (
        propose("product_switch", payload(), by=compliance, reason="x", now=NOON) for _ in range(2)
    )
    approve(first, by=officer, reason="x", now=NOON)
    with pytest.raises((Stale, Invalid)):
        approve(second, by=officer, reason="x", now=NOON)

    assert ProductSwitch.objects.count() == 1


def test_a_switch_whose_time_passed_while_it_waited_is_not_dated_back(entity, compliance, officer):
    proposal = propose(
        "product_switch",
        payload(effective_at="2026-03-05T09:00:00+08:00"),
        by=compliance,
        reason="x",
        now=NOON,
    )
    with pytest.raises(Invalid, match="has passed"):
        approve(proposal, by=officer, reason="late", now=NOON + 2 * DAY)


def test_the_responsible_officer_does_not_propose(entity, officer):
    with pytest.raises(NotAllowed):
        propose("product_switch", payload(), by=officer, reason="x", now=NOON)
