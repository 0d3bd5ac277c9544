"""Statements, their comparison with the register, and the differences it finds."""

import collateral.fields
import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models

from onboarding.guards import append_only, guard


class Migration(migrations.Migration):

    dependencies = [
        ('collateral', '0008_corporate_actions'),
        ('onboarding', '0005_roles_kinds_and_parameters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReconciliationRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ran_at', models.DateTimeField()),
                ('compared', models.PositiveIntegerField()),
                ('differing', models.PositiveIntegerField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Difference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12)),
                ('client_number', models.CharField(blank=True, max_length=24)),
                ('kind', models.CharField(choices=[('missing_here', 'Not in our register'), ('missing_there', 'Not on the statement'), ('amount', 'Another amount'), ('agrees', 'Agrees now')], max_length=14)),
                ('here', collateral.fields.UnitsField()),
                ('there', collateral.fields.UnitsField()),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('open', 'Open'), ('closed', 'Explained and closed')], default='open', max_length=20)),
                ('asset', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.asset')),
                ('client', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='onboarding.client')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='collateral.custodyplace')),
                ('first_run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opened', to='collateral.reconciliationrun')),
                ('last_run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.reconciliationrun')),
            ],
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateTimeField()),
                ('by_client', models.BooleanField()),
                ('name', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('loaded_at', models.DateTimeField()),
                ('loaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='collateral.custodyplace')),
            ],
        ),
        migrations.AddField(
            model_name='reconciliationrun',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='collateral.statement'),
        ),
        migrations.CreateModel(
            name='StatementLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12)),
                ('client_number', models.CharField(blank=True, max_length=24)),
                ('units', collateral.fields.UnitsField()),
                ('asset', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.asset')),
                ('client', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.client')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='collateral.statement')),
            ],
        ),
        migrations.CreateModel(
            name='DifferenceMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(max_length=40)),
                ('source', models.CharField(max_length=20)),
                ('target', models.CharField(max_length=20)),
                ('reason', models.TextField()),
                ('moved_at', models.DateTimeField()),
                ('told_at', models.DateTimeField(null=True)),
                ('mover', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='collateral.difference')),
            ],
            options={
                'verbose_name': 'difference move',
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('told_at', None)), fields=['moved_at'], name='differencemove_untold')],
            },
        ),
        migrations.AddConstraint(
            model_name='difference',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('place', 'code', 'client_number'), name='difference_open_once'),
        ),
        migrations.AddConstraint(
            model_name='difference',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'open')), models.Q(('closed_at__isnull', False), ('state', 'closed')), _connector='OR'), name='difference_closed_says_when'),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(fields=['place', '-as_of'], name='statement_latest'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(fields=('place', 'sha256'), name='statement_once'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('as_of__lte', models.F('loaded_at'))), name='statement_of_the_past'),
        ),
        migrations.AddConstraint(
            model_name='statementline',
            constraint=models.UniqueConstraint(fields=('statement', 'code', 'client_number'), name='statement_line_once'),
        ),
        guard("collateral_difference", "collateral_differencemove", first="open"),
        append_only("collateral_statement"),
        append_only("collateral_statementline"),
        append_only("collateral_reconciliationrun"),
    ]
