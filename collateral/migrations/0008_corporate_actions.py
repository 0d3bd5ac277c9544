"""Corporate actions, expected ex-dates, and what each holding is due."""

import collateral.actions.arithmetic
import collateral.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from onboarding.guards import append_only

ONCE = migrations.RunSQL(
    """
    CREATE FUNCTION corporate_action_applied_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a corporate action is applied once'
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'corporate_action_applied_once';
    END $$;
    CREATE TRIGGER corporate_action_applied_once BEFORE UPDATE ON collateral_corporateaction
      FOR EACH ROW WHEN (old.applied_at IS NOT NULL)
      EXECUTE FUNCTION corporate_action_applied_once();
    CREATE TRIGGER entitlement_paid_once BEFORE UPDATE ON collateral_entitlement
      FOR EACH ROW WHEN (old.paid_at IS NOT NULL)
      EXECUTE FUNCTION append_only('entitlement_paid_once');
    """,
    """
    DROP TRIGGER entitlement_paid_once ON collateral_entitlement;
    DROP TRIGGER corporate_action_applied_once ON collateral_corporateaction;
    DROP FUNCTION corporate_action_applied_once();
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('collateral', '0007_authorities_must_never'),
        ('onboarding', '0005_roles_kinds_and_parameters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CorporateAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('split', 'Split'), ('consolidation', 'Consolidation'), ('bonus', 'Bonus issue'), ('rights', 'Rights issue'), ('dividend', 'Cash dividend'), ('delisting', 'Delisting'), ('fork', 'Fork or airdrop'), ('nothing', 'Nothing changes')], max_length=14)),
                ('ex_date', models.DateField()),
                ('ex_at', models.DateTimeField()),
                ('new', models.PositiveIntegerField(blank=True, null=True)),
                ('old', models.PositiveIntegerField(blank=True, null=True)),
                ('cash', collateral.fields.PriceField(blank=True, null=True)),
                ('subscription', collateral.fields.PriceField(blank=True, null=True)),
                ('fractions', models.CharField(choices=[('cash', 'In cash at the price ex, rounded down to the cent'), ('dropped', 'Dropped: nothing is paid'), ('up', 'Made up to a whole unit')], default=collateral.actions.arithmetic.Fractions['CASH'], max_length=8)),
                ('source', models.TextField()),
                ('reason', models.TextField()),
                ('approved_at', models.DateTimeField()),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('cum_price', collateral.fields.PriceField(blank=True, null=True)),
                ('ex_price', collateral.fields.PriceField(blank=True, null=True)),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='collateral.asset')),
                ('checker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.asset')),
                ('maker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.proposal')),
            ],
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', collateral.fields.UnitsField()),
                ('after', collateral.fields.UnitsField()),
                ('cash', collateral.fields.MoneyField(blank=True, null=True)),
                ('more', collateral.fields.UnitsField(default=0)),
                ('paid_at', models.DateTimeField(blank=True, null=True)),
                ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='collateral.corporateaction')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.custodyplace')),
                ('pool', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.pool')),
            ],
        ),
        migrations.CreateModel(
            name='ExpectedExDate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ex_date', models.DateField()),
                ('ex_at', models.DateTimeField()),
                ('what', models.CharField(blank=True, max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('loaded_at', models.DateTimeField()),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.asset')),
                ('loaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='corporateaction',
            index=models.Index(fields=['asset', 'ex_at'], name='corporate_action_due'),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.CheckConstraint(condition=models.Q(('maker', models.F('checker')), _negated=True), name='corporate_action_maker_is_not_checker'),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['split', 'consolidation', 'bonus', 'rights', 'fork']), _negated=True), models.Q(('new__gt', 0), ('old__gt', 0)), _connector='OR'), name='corporate_action_has_its_ratio'),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cash__gt', 0), ('kind', collateral.actions.arithmetic.ActionKind['DIVIDEND'])), models.Q(models.Q(('kind', collateral.actions.arithmetic.ActionKind['DIVIDEND']), _negated=True), ('cash', None)), _connector='OR'), name='corporate_action_pays_if_it_is_a_dividend'),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.CheckConstraint(condition=models.Q(('applied_at', None), ('applied_at__gte', models.F('ex_at')), _connector='OR'), name='corporate_action_not_before_its_day'),
        ),
        migrations.AddConstraint(
            model_name='corporateaction',
            constraint=models.UniqueConstraint(fields=('asset', 'ex_date', 'kind'), name='corporate_action_once'),
        ),
        migrations.AddConstraint(
            model_name='entitlement',
            constraint=models.UniqueConstraint(fields=('action', 'pool', 'place'), name='entitlement_once_a_holding'),
        ),
        migrations.AddConstraint(
            model_name='expectedexdate',
            constraint=models.UniqueConstraint(fields=('asset', 'ex_date'), name='expected_ex_date_once'),
        ),
        ONCE,
        append_only("collateral_corporateaction", but=("applied_at", "cum_price", "ex_price")),
        append_only("collateral_expectedexdate"),
        append_only("collateral_entitlement", but=("paid_at",)),
    ]
