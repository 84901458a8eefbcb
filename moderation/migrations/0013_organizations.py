"""Cases, decisions, policies, queues, tags and the record belong to organizations.

What is there belongs to the first. The record's old rows stay as they were hashed:
their format says that the organization is not covered.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_organizations'),
        ('forensics', '0013_organizations'),
        ('moderation', '0012_keys'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='auditevent',
            name='moderation__action_1db4f0_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__status_8b1ae6_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__waits_46888e_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__waits_3dcb77_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__waits_d3608e_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__waits_34d07a_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__opened__a1a43e_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__machine_7f1cbc_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__receive_ee2f10_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__image_f_5a9ac9_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__door_c9ed3c_idx',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='moderation__outcome_3f9897_idx',
        ),
        migrations.RemoveIndex(
            model_name='decision',
            name='decisions_of_a_period',
        ),
        migrations.AddField(
            model_name='auditevent',
            name='format',
            field=models.PositiveSmallIntegerField(db_default=1, default=2, help_text='what the hash covers, and how'),
        ),
        migrations.AddField(
            model_name='auditevent',
            name='organization',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, default=1, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.organization'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='case',
            name='organization',
            field=models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='decision',
            name='organization',
            field=models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='policy',
            name='organization',
            field=models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
        ),
        migrations.AddField(
            model_name='queue',
            name='organization',
            field=models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
        ),
        migrations.AddField(
            model_name='tag',
            name='organization',
            field=models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
        ),
        migrations.AlterField(
            model_name='policy',
            name='name',
            field=models.CharField(max_length=100, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='queue',
            name='name',
            field=models.CharField(max_length=100),
        ),
        migrations.AlterField(
            model_name='queue',
            name='slug',
            field=models.SlugField(),
        ),
        migrations.AlterField(
            model_name='tag',
            name='name',
            field=models.CharField(max_length=40),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['organization', '-position'], name='moderation__organiz_bcea76_idx'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['organization', 'action', '-position'], name='moderation__organiz_bd8eab_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'status', '-priority', 'opened_at', 'id'], name='moderation__organiz_8f3c36_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'waits', '-priority', 'opened_at', 'id'], name='moderation__organiz_ade428_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'waits', 'opened_at', 'id'], name='moderation__organiz_688697_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'waits', 'machine_score', 'id'], name='moderation__organiz_bb36f9_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'waits', 'due_at', 'id'], name='moderation__organiz_44a6d6_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', '-priority', 'opened_at', 'id'], name='moderation__organiz_0f23bd_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'opened_at', 'id'], name='moderation__organiz_c62dea_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'machine_score', 'id'], name='moderation__organiz_70e097_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'received_at', 'id'], name='moderation__organiz_28d847_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'image_format'], name='moderation__organiz_38e72a_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'door'], name='moderation__organiz_cf96a0_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['organization', 'outcome', 'machine_verdict'], name='moderation__organiz_ff6e2d_idx'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['organization', 'created_at', 'case', 'withdrawn_at', 'final_at', 'is_automatic', 'machine_verdict', 'machine_score', 'outcome'], name='decisions_of_a_period'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['organization', '-created_at', '-id'], name='moderation__organiz_9e7c32_idx'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='one_policy_of_a_name', violation_error_message='A policy of this name already exists.'),
        ),
        migrations.AddConstraint(
            model_name='queue',
            constraint=models.UniqueConstraint(fields=('organization', 'slug'), name='one_queue_of_a_slug'),
        ),
        migrations.AddConstraint(
            model_name='queue',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='one_queue_of_a_name', violation_error_message='A queue of this name already exists.'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='one_tag_of_a_name'),
        ),
    ]
