"""What must never be: a list, a hit or a case that is edited or deleted, a state without its move."""

from django.db import migrations

from onboarding.guards import append_only, guard

DECIDED = ("state", "decided_by_id", "decided_at", "decision_reason")

DECIDES_ONCE = migrations.RunSQL(
    """
    -- A decided hit stays as it was decided: on new facts there is a new one.
    CREATE FUNCTION hit_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'hit % is decided', old.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'hit_decided_once';
    END $$;
    CREATE TRIGGER hit_decided_once BEFORE UPDATE ON onboarding_hit FOR EACH ROW
      WHEN (old.state <> 'open') EXECUTE FUNCTION hit_decided_once();

    -- A stop is lifted by who holds the role at that moment, and by nobody else.
    CREATE FUNCTION stop_lifted_by_the_mlro() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
          SELECT FROM onboarding_user mover
           WHERE mover.id = new.mover_id AND mover.is_active AND mover.role = 'mlro') THEN
        RAISE EXCEPTION 'stop % is lifted by the MLRO alone', new.subject_id
          USING ERRCODE = 'integrity_constraint_violation',
                CONSTRAINT = 'stop_lifted_by_the_mlro';
      END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER stop_lifted_by_the_mlro BEFORE INSERT ON onboarding_stopmove FOR EACH ROW
      EXECUTE FUNCTION stop_lifted_by_the_mlro();
    """,
    """
    DROP TRIGGER stop_lifted_by_the_mlro ON onboarding_stopmove;
    DROP FUNCTION stop_lifted_by_the_mlro();
    DROP TRIGGER hit_decided_once ON onboarding_hit;
    DROP FUNCTION hit_decided_once();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0016_screening")]

    operations = [
        append_only("onboarding_listversion"),
        append_only("onboarding_listload"),
        append_only("onboarding_listentry", but=("removed_at", "removed_version_id")),
        append_only("onboarding_walletentry"),
        append_only("onboarding_screeningrun"),
        append_only("onboarding_casenote"),
        append_only("onboarding_pepapproval"),
        guard("onboarding_hit", "onboarding_hitmove", first="open"),
        append_only("onboarding_hit", but=DECIDED),
        guard("onboarding_case", "onboarding_casemove", first="open"),
        append_only(
            "onboarding_case",
            but=("state", "jfiu_reference", "reported_date", "closed_at", "outcome"),
        ),
        guard("onboarding_stop", "onboarding_stopmove", first="active"),
        append_only("onboarding_stop", but=("state", "lifted_at")),
        guard("onboarding_alert", "onboarding_alertmove", first="open"),
        append_only("onboarding_alert", but=(*DECIDED, "case_id")),
        guard("onboarding_payment", "onboarding_paymentmove", first="received"),
        append_only("onboarding_payment", but=("state", "ended_at")),
        DECIDES_ONCE,
    ]
