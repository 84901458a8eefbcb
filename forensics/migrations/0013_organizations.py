"""Images, analyses and banks belong to an organization: what is there, to the first."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NAME = "submissions_by_name_start"


def keep_index_of_names(apps, schema_editor):
    """Make the index of 0012 again: SQLite makes the table anew, and forgets it."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(
            f"CREATE INDEX IF NOT EXISTS {NAME} ON forensics_submission "
            "(original_name COLLATE NOCASE)"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_organizations'),
        ('forensics', '0012_keys'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='image',
            name='forensics_i_format_cf56e7_idx',
        ),
        migrations.RemoveIndex(
            model_name='submission',
            name='forensics_s_door_85efb9_idx',
        ),
        migrations.AddField(
            model_name='analysis',
            name='organization',
            field=models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='bank',
            name='organization',
            field=models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
        ),
        migrations.AddField(
            model_name='image',
            name='organization',
            field=models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='submission',
            name='organization',
            field=models.ForeignKey(db_index=False, default=1, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='bank',
            name='name',
            field=models.CharField(max_length=100),
        ),
        migrations.AlterField(
            model_name='image',
            name='sha256',
            field=models.CharField(max_length=64, verbose_name='SHA-256'),
        ),
        migrations.AddIndex(
            model_name='analysis',
            index=models.Index(fields=['organization', '-queued_at', '-id'], name='forensics_a_organiz_39914d_idx'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['organization', '-created_at', '-id'], name='forensics_i_organiz_17c2d8_idx'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['organization', 'format', '-created_at', '-id'], name='forensics_i_organiz_06bf18_idx'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['organization', 'door', 'image'], name='forensics_s_organiz_721ffc_idx'),
        ),
        migrations.AddConstraint(
            model_name='bank',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='one_bank_of_a_name', violation_error_message='A bank of this name already exists.'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(fields=('sha256', 'organization'), name='bytes_once_per_organization'),
        ),
        migrations.RunPython(keep_index_of_names, keep_index_of_names),
    ]
