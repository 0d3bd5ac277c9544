"""Custody places with their dated licences, and what of each pool rests where."""

import collateral.fields
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('collateral', '0003_what_must_never_be'),
        ('onboarding', '0005_roles_kinds_and_parameters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CustodyPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('kind', models.CharField(choices=[('platform', 'Associated entity of a licensed platform'), ('institution', 'Authorised institution'), ('broker', 'CCASS participant or broker'), ('other', 'Other')], max_length=12)),
                ('name', models.CharField(max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name='HeldAt',
            fields=[
                ('pk', models.CompositePrimaryKey('pool_id', 'asset_id', 'place_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pool', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.pool')),
                ('asset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.asset')),
                ('place', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='collateral.custodyplace')),
                ('units', collateral.fields.UnitsField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='PlaceLicence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(blank=True, max_length=40)),
                ('expires_on', models.DateField(blank=True, null=True)),
                ('keeps', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('cash', 'Cash'), ('va', 'Virtual asset'), ('share', 'Listed share')], max_length=8), default=list, size=None)),
                ('effective_at', models.DateTimeField()),
                ('reason', models.TextField()),
            ],
        ),
        migrations.AddField(
            model_name='placelicence',
            name='checker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='placelicence',
            name='maker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='placelicence',
            name='place',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='licences', to='collateral.custodyplace'),
        ),
        migrations.AddField(
            model_name='placelicence',
            name='proposal',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.proposal'),
        ),
        migrations.AddIndex(
            model_name='heldat',
            index=models.Index(fields=['asset', 'place'], name='held_at_by_asset'),
        ),
        migrations.AddConstraint(
            model_name='heldat',
            constraint=models.CheckConstraint(condition=models.Q(('units__gte', 0)), name='held_at_not_negative'),
        ),
        migrations.AddIndex(
            model_name='placelicence',
            index=models.Index(fields=['place', '-effective_at'], name='place_licence_in_force'),
        ),
        migrations.AddConstraint(
            model_name='placelicence',
            constraint=models.CheckConstraint(condition=models.Q(('maker', models.F('checker')), _negated=True), name='place_licence_maker_is_not_checker'),
        ),
    ]
