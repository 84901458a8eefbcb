"""Skips, viewers, comments, notifications, holds with an end; what *next* reads by."""

import django.db.models.deletion
import django.utils.timezone
import uuid6
from django.apps import apps as global_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

READERS = ("moderator", "lead", "administrator", "auditor")


def let_read_comments(apps, schema_editor):
    config = global_apps.get_app_config("moderation")
    # Permissions normally appear only after the last migration.
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    permission = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="moderation", codename="view_comment"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=READERS):
        group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('forensics', '0004_known_images'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('moderation', '0006_workbench_holds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseSkip',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('because', models.CharField(max_length=1000)),
            ],
            options={
                'ordering': ('-at', '-id'),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='CaseViewer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('author_name', models.CharField(max_length=150)),
                ('text', models.TextField(max_length=2000)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('created_at', 'id'),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('mentioned', 'You were mentioned'), ('assigned', 'A case was assigned to you')], max_length=16)),
                ('from_name', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='case',
            name='held_until',
            field=models.DateTimeField(blank=True, help_text='of a held case; empty: until it is resumed', null=True),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['queue', 'status', 'opened_at', 'id'], name='moderation__queue_i_dae0dd_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['queue', 'status', '-machine_score', 'opened_at', 'id'], name='moderation__queue_i_3d4d57_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('status', 'claimed')), fields=['claim_expires_at'], name='claims_that_end'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('held_until__isnull', False), ('status', 'held')), fields=['held_until'], name='holds_that_end'),
        ),
        migrations.AddField(
            model_name='caseskip',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='skips', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='caseskip',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='caseviewer',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='viewers', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='caseviewer',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='comment',
            name='author',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='comments', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='comment',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='notification',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='notification',
            name='comment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='moderation.comment'),
        ),
        migrations.AddField(
            model_name='notification',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='caseskip',
            index=models.Index(fields=['person', 'case', 'at'], name='moderation__person__5a0d8e_idx'),
        ),
        migrations.AddConstraint(
            model_name='caseviewer',
            constraint=models.UniqueConstraint(fields=('case', 'person'), name='one_viewer_row_per_person'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(fields=['case', 'created_at'], name='moderation__case_id_422e74_idx'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['person', '-created_at', '-id'], name='moderation__person__1a29f4_idx'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('read_at__isnull', True)), fields=['person'], name='unread_notifications'),
        ),
        migrations.RunPython(let_read_comments, migrations.RunPython.noop),
    ]
