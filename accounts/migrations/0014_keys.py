"""Keys of programs, and who may manage them: leads and administrators."""

import django.db.models.deletion
import django.utils.timezone
import uuid6
from django.apps import apps as global_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

MANAGERS = ("lead", "administrator")


def grant(apps, schema_editor):
    # Permissions normally appear only after the last migration.
    config = global_apps.get_app_config("accounts")
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    permission = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="accounts", codename="manage_apikey"
    )
    # A group that an administrator has removed stays so.
    for group in apps.get_model("auth", "Group").objects.filter(name__in=MANAGERS):
        group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_organizations'),
        ('moderation', '0002_groups_and_policies'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('public_id', models.CharField(editable=False, max_length=8, unique=True)),
                ('secret_hash', models.CharField(editable=False, max_length=64)),
                ('previous_hash', models.CharField(blank=True, editable=False, max_length=64)),
                ('previous_ends_at', models.DateTimeField(blank=True, null=True)),
                ('scopes', models.JSONField(default=list)),
                ('per_minute', models.PositiveIntegerField(default=600)),
                ('burst', models.PositiveIntegerField(default=100)),
                ('images_per_day', models.PositiveIntegerField(blank=True, null=True)),
                ('images_per_month', models.PositiveIntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'key',
                'permissions': (('manage_apikey', 'Can manage service accounts and their keys'),),
                'default_permissions': ('view',),
            },
        ),
        migrations.AddField(
            model_name='user',
            name='is_service',
            field=models.BooleanField(default=False, editable=False, help_text='a program: it has keys, no password, and cannot sign in', verbose_name='service account'),
        ),
        migrations.CreateModel(
            name='KeyPace',
            fields=[
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pace', serialize=False, to='accounts.apikey')),
                ('free_at', models.FloatField(default=0.0)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='apikey',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='apikey',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='apikey',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='accounts.organization'),
        ),
        migrations.CreateModel(
            name='KeyCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('day', 'day'), ('month', 'month')], max_length=5)),
                ('starts', models.DateField()),
                ('images', models.PositiveIntegerField(default=0)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='counts', to='accounts.apikey')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='apikey',
            index=models.Index(fields=['organization', '-id'], name='keys_of_organization'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(('per_minute__range', (1, 60000)), ('burst__range', (1, 60000))), name='key_limits'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('previous_ends_at', None), ('previous_hash', '')), models.Q(models.Q(('previous_hash', ''), _negated=True), ('previous_ends_at__isnull', False)), _connector='OR'), name='key_overlap'),
        ),
        migrations.AddConstraint(
            model_name='keycount',
            constraint=models.UniqueConstraint(fields=('key', 'span', 'starts'), name='one_count_a_span'),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
