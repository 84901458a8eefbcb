"""Webhooks: events, endpoints, deliveries; who may manage and read them."""

import django.db.models.deletion
import django.utils.timezone
import uuid6
from django.apps import apps as global_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

MANAGE = ("manage_webhooks", "view_webhookendpoint", "view_event")
GROUPS = {
    "lead": MANAGE,
    "administrator": MANAGE,
    "auditor": ("view_webhookendpoint", "view_event"),
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


def begin(apps, schema_editor):
    apps.get_model("moderation", "EventHead").objects.create(pk=1)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_organizations'),
        ('moderation', '0012_keys'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EventHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.BigIntegerField(default=0)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AlterField(
            model_name='notification',
            name='case',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='moderation.case'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('mentioned', 'You were mentioned'), ('assigned', 'A case was assigned to you'), ('webhook', 'A webhook was switched off')], max_length=16),
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('url', models.CharField(max_length=2048)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('event_types', models.JSONField(blank=True, default=list, help_text='empty: every type')),
                ('filters', models.JSONField(blank=True, default=dict, help_text='verdicts, queues, sources: lists of words')),
                ('order_by', models.CharField(blank=True, choices=[('', 'nothing: as fast as possible'), ('image', 'events of the same image'), ('case', 'events of the same case')], default='', max_length=8)),
                ('is_enabled', models.BooleanField(default=True)),
                ('disabled_because', models.CharField(blank=True, choices=[('by_hand', 'Switched off by hand'), ('gone', 'The receiver answered 410 Gone'), ('failing', 'Every delivery failed for five days')], max_length=16)),
                ('disabled_at', models.DateTimeField(blank=True, null=True)),
                ('failing_since', models.DateTimeField(blank=True, help_text='no attempt has succeeded since', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by_name', models.CharField(max_length=150)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(default=1, on_delete=django.db.models.deletion.PROTECT, related_name='webhooks', to='accounts.organization')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'permissions': (('manage_webhooks', 'Can manage webhooks'),),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('type', models.CharField(choices=[('analysis.completed', 'An analysis was completed'), ('analysis.failed', 'An analysis failed for good'), ('case.opened', 'A case was opened'), ('case.decided', 'A case was decided, for good'), ('case.undone', 'A decision that was told was taken back'), ('case.reopened', 'A decided case was reopened'), ('case.appealed', 'A decision was appealed against'), ('appeal.resolved', 'An appeal was answered'), ('policy.changed', 'What policies do was changed'), ('webhook.test', 'A test of a webhook')], max_length=32)),
                ('occurred_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('available_at', models.DateTimeField(default=django.utils.timezone.now, help_text='nobody is told before')),
                ('position', models.BigIntegerField(null=True, unique=True)),
                ('data', models.JSONField()),
                ('facets', models.JSONField(default=dict, help_text='what endpoints can filter by')),
                ('image', models.UUIDField(null=True)),
                ('case', models.UUIDField(null=True)),
                ('decision', models.UUIDField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='accounts.organization')),
                ('only_for', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='moderation.webhookendpoint')),
            ],
            options={
                'ordering': ('-position',),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(help_text='of the event')),
                ('order_key', models.CharField(blank=True, max_length=48)),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('retrying', 'Failed, tried again later'), ('delivered', 'Delivered'), ('dead', 'Given up')], default='pending', max_length=16)),
                ('tries', models.PositiveSmallIntegerField(default=0, help_text='failed ones since it was queued or replayed')),
                ('attempts_made', models.PositiveIntegerField(default=0)),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lease_token', models.UUIDField(blank=True, null=True)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('last_status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('last_error', models.CharField(blank=True, max_length=32)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='moderation.event')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='moderation.webhookendpoint')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ('-created_at', '-id'),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='WebhookSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.TextField(help_text='encrypted; never shown')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='moderation.webhookendpoint')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DeliveryAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('started_at', models.DateTimeField()),
                ('duration_ms', models.PositiveIntegerField()),
                ('request_headers', models.JSONField()),
                ('status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('response_headers', models.JSONField(default=list)),
                ('response_body', models.TextField(blank=True, help_text='its first bytes')),
                ('error', models.CharField(blank=True, help_text='a stable code', max_length=32)),
                ('error_words', models.CharField(blank=True, max_length=255)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='moderation.delivery')),
            ],
            options={
                'ordering': ('number',),
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('delivery', 'number'), name='attempts_are_counted')],
            },
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(fields=['organization', '-created_at', '-id'], name='moderation__organiz_d7db77_idx'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('disabled_because', ''), ('is_enabled', True)), models.Q(('is_enabled', False), models.Q(('disabled_because', ''), _negated=True)), _connector='OR'), name='a_stopped_endpoint_says_why'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['organization', 'position'], name='moderation__organiz_ae509c_idx'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['occurred_at'], name='moderation__occurre_2ac79c_idx'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('position__isnull', True)), fields=['available_at', 'id'], name='events_to_publish'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('decision__isnull', False)), fields=['decision'], name='events_of_decisions'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['endpoint', '-created_at', '-id'], name='moderation__endpoin_645543_idx'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['-created_at', '-id'], name='moderation__created_29f25e_idx'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state__in', ('pending', 'retrying'))), fields=['endpoint', 'next_at'], name='deliveries_that_wait'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state__in', ('pending', 'retrying'))), fields=['endpoint', 'order_key', 'position'], name='deliveries_in_order'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('endpoint', 'event'), name='one_delivery_per_event_and_endpoint'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state__in', ('pending', 'retrying'))), models.Q(models.Q(('state__in', ('pending', 'retrying')), _negated=True), ('ended_at__isnull', False), ('lease_token__isnull', True)), _connector='OR'), name='an_ended_delivery_has_an_end_and_no_lease'),
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
