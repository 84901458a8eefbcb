"""Second reviews, known answers, appeals; who may see and open them."""

import django.db.models.deletion
import django.utils.timezone
import uuid6
from django.apps import apps as global_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

SEE = ("view_appeal",)
OPEN = ("view_appeal", "add_appeal")
LEAD = (*OPEN, "view_goldenanswer", "add_goldenanswer", "change_goldenanswer")
GROUPS = {
    "moderator": SEE,
    "auditor": SEE,
    "integrator": OPEN,
    "lead": LEAD,
    "administrator": LEAD,
}


def permit(apps, schema_editor):
    config = global_apps.get_app_config("moderation")
    # Permissions normally appear only after the last migration.
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    permission = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="moderation"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(*permission.filter(codename__in=GROUPS[group.name]))


class Migration(migrations.Migration):

    dependencies = [
        ('forensics', '0004_known_images'),
        ('moderation', '0008d_policy_backtests'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('opened_by_name', models.CharField(max_length=150)),
                ('on_behalf_of', models.CharField(blank=True, max_length=255)),
                ('because', models.TextField(max_length=2000)),
                ('external_id', models.CharField(blank=True, max_length=100)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('resolution', models.CharField(blank=True, choices=[('upheld', 'The decision was upheld'), ('overturned', 'The decision was overturned')], max_length=16)),
            ],
            options={
                'ordering': ('-opened_at', '-id'),
                'default_permissions': ('view', 'add'),
            },
        ),
        migrations.CreateModel(
            name='GoldenAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('authentic', 'Authentic'), ('fake', 'Fake'), ('cannot_tell', 'Cannot tell')], max_length=16)),
                ('note', models.TextField(help_text='why; shown to whoever has answered', max_length=5000)),
                ('added_by_name', models.CharField(max_length=150)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ('-added_at', '-id'),
                'default_permissions': ('view', 'add', 'change'),
            },
        ),
        migrations.CreateModel(
            name='GoldenCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expected', models.CharField(choices=[('authentic', 'Authentic'), ('fake', 'Fake'), ('cannot_tell', 'Cannot tell')], max_length=16)),
                ('day', models.DateField(help_text='UTC')),
                ('number', models.PositiveIntegerField(help_text="of the person's cases that day")),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('matched', models.BooleanField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-opened_at', '-id'),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SecondReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agrees', models.BooleanField(blank=True, null=True)),
                ('is_unseen', models.BooleanField(default=True, help_text='false: a lead gave the second answer')),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('-opened_at', '-id'),
                'default_permissions': (),
            },
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='a_case_has_an_outcome_while_a_decision_stands',
        ),
        migrations.AlterField(
            model_name='case',
            name='status',
            field=models.CharField(choices=[('open', 'Open'), ('claimed', 'Claimed'), ('held', 'On hold'), ('decided', 'Decided'), ('appealed', 'Appealed'), ('withdrawn', 'Withdrawn')], default='open', max_length=16),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('kind__in', ('second', 'golden'))), fields=['status', 'image'], name='unseen_checks'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ('decided', 'appealed')), models.Q(('outcome', ''), _negated=True)), models.Q(('status__in', ('open', 'held', 'withdrawn')), ('outcome', '')), ('status', 'claimed'), _connector='OR'), name='a_case_has_an_outcome_while_a_decision_stands'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='decision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='moderation.decision'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='opened_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='appeals', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='appeal',
            name='resolving_decision',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='moderation.decision'),
        ),
        migrations.AddField(
            model_name='goldenanswer',
            name='added_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='goldenanswer',
            name='from_decision',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='moderation.decision'),
        ),
        migrations.AddField(
            model_name='goldenanswer',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='golden_answers', to='forensics.image'),
        ),
        migrations.AddField(
            model_name='goldenanswer',
            name='queue',
            field=models.ForeignKey(blank=True, help_text='where it is mixed in; empty: in every queue', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='golden_answers', to='moderation.queue'),
        ),
        migrations.AddField(
            model_name='goldencheck',
            name='answer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='moderation.goldenanswer'),
        ),
        migrations.AddField(
            model_name='goldencheck',
            name='case',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='golden_check', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='goldencheck',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='golden_checks', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secondreview',
            name='case',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='second_review', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='secondreview',
            name='final',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='moderation.decision'),
        ),
        migrations.AddField(
            model_name='secondreview',
            name='first',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='second_reviews', to='moderation.decision'),
        ),
        migrations.AddField(
            model_name='secondreview',
            name='replacement',
            field=models.OneToOneField(blank=True, help_text='of the first decision, where the lead differs from it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='moderation.decision'),
        ),
        migrations.AddField(
            model_name='secondreview',
            name='second',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='moderation.decision'),
        ),
        migrations.AddField(
            model_name='secondreview',
            name='tiebreak',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tiebreak_of', to='moderation.case'),
        ),
        migrations.AddIndex(
            model_name='appeal',
            index=models.Index(fields=['-opened_at', '-id'], name='moderation__opened__08c6a9_idx'),
        ),
        migrations.AddIndex(
            model_name='appeal',
            index=models.Index(fields=['opened_by', '-opened_at', '-id'], name='moderation__opened__71f68b_idx'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at__isnull', True)), fields=('case',), name='one_open_appeal_per_case'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('opened_by', 'external_id'), name='one_appeal_per_external_id'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolution', ''), ('resolved_at__isnull', True)), models.Q(('resolved_at__isnull', False), models.Q(('resolution', ''), _negated=True)), _connector='OR'), name='a_resolved_appeal_has_a_resolution'),
        ),
        migrations.AddConstraint(
            model_name='goldenanswer',
            constraint=models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('image',), name='one_known_answer_per_image', violation_error_message='This picture has a known answer already.'),
        ),
        migrations.AddConstraint(
            model_name='goldencheck',
            constraint=models.UniqueConstraint(fields=('person', 'day', 'number'), name='a_draw_is_drawn_once'),
        ),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
