"""Standing authorities, and the register of what was pledged on."""

import collateral.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('collateral', '0005_units_rest_somewhere'),
        ('onboarding', '0005_roles_kinds_and_parameters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Repledge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('units', collateral.fields.UnitsField()),
                ('lender', models.CharField(max_length=120)),
                ('reference', models.CharField(max_length=60)),
                ('pledged_at', models.DateTimeField()),
                ('taken_back_at', models.DateTimeField(blank=True, null=True)),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.asset')),
                ('checker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('maker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pool', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.pool')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('units__gt', 0)), name='repledge_units_positive'), models.CheckConstraint(condition=models.Q(('maker', models.F('checker')), _negated=True), name='repledge_maker_is_not_checker')],
            },
        ),
        migrations.CreateModel(
            name='StandingAuthority',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given', models.CharField(choices=[('written', 'In writing'), ('deemed', 'Renewed without an answer')], max_length=8)),
                ('starts_on', models.DateField()),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('professional', models.CharField(blank=True, max_length=200)),
                ('evidence', models.TextField()),
                ('reminded_on', models.DateField(blank=True, null=True)),
                ('objected_on', models.DateField(blank=True, null=True)),
                ('revoked_on', models.DateField(blank=True, null=True)),
                ('recorded_at', models.DateTimeField()),
                ('checker', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='authorities', to='onboarding.client')),
                ('maker', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.proposal')),
                ('renews', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewed_by', to='collateral.standingauthority')),
            ],
            options={
                'verbose_name_plural': 'standing authorities',
                'indexes': [models.Index(fields=['client', '-starts_on'], name='authority_of_client')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('checker__isnull', False), ('given', 'written'), ('maker__isnull', False), ('renews', None), models.Q(('maker', models.F('checker')), _negated=True), models.Q(('evidence', ''), _negated=True)), models.Q(('checker', None), ('given', 'deemed'), ('maker', None), ('renews__isnull', False)), _connector='OR'), name='authority_given_by_two_people_or_deemed'), models.CheckConstraint(condition=models.Q(models.Q(('professional', ''), _negated=True), ('expires_on__isnull', False), _connector='OR'), name='authority_ends_but_for_a_professional')],
            },
        ),
    ]
