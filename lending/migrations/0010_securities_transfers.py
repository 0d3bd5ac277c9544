"""Securities that came in and went back."""

import collateral.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from onboarding.guards import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('collateral', '0006_authorities'),
        ('lending', '0009_opening_must_never'),
        ('onboarding', '0005_roles_kinds_and_parameters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SecuritiesTransfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('direction', models.CharField(choices=[('in', 'Pledged'), ('out', 'Released')], max_length=3)),
                ('units', collateral.fields.UnitsField()),
                ('participant', models.CharField(max_length=60)),
                ('reference', models.CharField(max_length=60)),
                ('evidence', models.TextField()),
                ('transferred_at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='lending.marginaccount')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.asset')),
                ('checker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('custody', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.custodyplace')),
                ('maker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='securities_transfer', to='onboarding.proposal')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('maker', models.F('checker')), _negated=True), name='securities_transfer_maker_is_not_checker'), models.CheckConstraint(condition=models.Q(('units__gt', 0), models.Q(('reference', ''), _negated=True), models.Q(('participant', ''), _negated=True), models.Q(('evidence', ''), _negated=True)), name='securities_transfer_says_what_it_rests_on'), models.UniqueConstraint(fields=('direction', 'participant', 'reference'), name='securities_transfer_reference_once')],
            },
        ),
        append_only("lending_securitiestransfer"),
    ]
