"""Tags, saved views, bulk changes; what lists of cases are narrowed by, copied and indexed."""

import django.db.models.deletion
import django.utils.timezone
from django.apps import apps as global_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

GROUPS = {
    "lead": ("share_view", "export_list"),
    "administrator": ("share_view", "export_list", "export_whole_list"),
    "auditor": ("export_list", "export_whole_list"),
}


def allow(apps, schema_editor):
    config = global_apps.get_app_config("moderation")
    # Permissions normally appear only after the last migration.
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    permissions = apps.get_model("auth", "Permission").objects
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        for codename in GROUPS[group.name]:
            group.permissions.add(
                permissions.get(
                    content_type__app_label="moderation", codename=codename
                )
            )


def copy_origin(apps, schema_editor):
    images = apps.get_model("forensics", "Image").objects.filter(pk=OuterRef("image"))
    arrivals = (
        apps.get_model("forensics", "Submission")
        .objects.filter(image=OuterRef("image"))
        .order_by("created_at", "id")
    )
    apps.get_model("moderation", "Case").objects.update(
        image_format=Subquery(images.values("format")[:1]),
        received_at=Subquery(images.values("created_at")[:1]),
        door=Coalesce(Subquery(arrivals.values("door")[:1]), models.Value("")),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('forensics', '0006_search'),
        ('moderation', '0009_quality'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkChange',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('action', models.CharField(max_length=16)),
                ('details', models.JSONField(blank=True, default=dict)),
                ('changed', models.JSONField(blank=True, default=list, help_text='keys of cases')),
                ('left_out', models.JSONField(blank=True, default=list, help_text='keys of cases, and why')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('-created_at',),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='CaseTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('added_by_name', models.CharField(max_length=150)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('case', 'tag__name'),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('list', models.CharField(choices=[('cases', 'Cases'), ('images', 'Images'), ('decisions', 'Decisions')], max_length=16)),
                ('query', models.CharField(max_length=2000)),
                ('is_shared', models.BooleanField(default=False)),
                ('is_default', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('created_at', 'id'),
                'permissions': (('share_view', 'Can share saved views of lists with everybody'), ('export_list', 'Can export lists as CSV'), ('export_whole_list', 'Can export lists of any length')),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
            ],
            options={
                'ordering': ('name',),
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='case',
            name='door',
            field=models.CharField(blank=True, choices=[('web', 'Dashboard'), ('api', 'API'), ('admin', 'Admin'), ('command', 'Command line')], max_length=16),
        ),
        migrations.AddField(
            model_name='case',
            name='image_format',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='case',
            name='received_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name='case',
            name='waits',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(status__in=('open', 'claimed', 'held', 'appealed'), then=True), default=False), output_field=models.BooleanField()),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['waits', '-priority', 'opened_at', 'id'], name='moderation__waits_46888e_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['queue', 'waits', '-priority', 'opened_at', 'id'], name='moderation__queue_i_d656cd_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['waits', 'opened_at', 'id'], name='moderation__waits_3dcb77_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['waits', 'machine_score', 'id'], name='moderation__waits_d3608e_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['waits', 'due_at', 'id'], name='moderation__waits_34d07a_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['-priority', 'opened_at', 'id'], name='moderation__priorit_b6966e_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['opened_at', 'id'], name='moderation__opened__a1a43e_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['machine_score', 'id'], name='moderation__machine_7f1cbc_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['received_at', 'id'], name='moderation__receive_ee2f10_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['image_format'], name='moderation__image_f_5a9ac9_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['door'], name='moderation__door_c9ed3c_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['outcome', 'machine_verdict'], name='moderation__outcome_3f9897_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', False)), fields=['escalated_at'], name='escalated_cases'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['-created_at', '-id'], name='moderation__created_a440f4_idx'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['decided_by', '-created_at', '-id'], name='moderation__decided_43bd27_idx'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['outcome', '-created_at', '-id'], name='moderation__outcome_0ba10c_idx'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['machine_verdict', 'outcome', '-created_at', '-id'], name='moderation__machine_ba83c1_idx'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', False)), fields=['-created_at', '-id'], name='withdrawn_decisions'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['reason', '-created_at', '-id'], name='moderation__reason_656e10_idx'),
        ),
        migrations.AddField(
            model_name='bulkchange',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='bulk_changes', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='casetag',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='case_tags', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tag',
            name='cases',
            field=models.ManyToManyField(related_name='tags', through='moderation.CaseTag', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='casetag',
            name='tag',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='case_tags', to='moderation.tag'),
        ),
        migrations.AddIndex(
            model_name='savedview',
            index=models.Index(condition=models.Q(('is_shared', True)), fields=['list', 'name'], name='shared_views'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('owner', 'list', 'name'), name='one_view_of_a_name'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('owner', 'list'), name='one_default_view_per_list'),
        ),
        migrations.AddIndex(
            model_name='casetag',
            index=models.Index(fields=['tag', 'case'], name='moderation__tag_id_410725_idx'),
        ),
        migrations.AddConstraint(
            model_name='casetag',
            constraint=models.UniqueConstraint(fields=('case', 'tag'), name='a_tag_once_per_case'),
        ),
        migrations.RunPython(copy_origin, migrations.RunPython.noop),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
