"""One document of words for each image, with the database's own full-text index."""

import django.db.models.deletion
from django.db import migrations, models

POSTGRESQL = (
    "ALTER TABLE forensics_searchdocument ADD COLUMN vector tsvector",
    # No list of pending entries: a search never has to read through one.
    "CREATE INDEX forensics_searchdocument_vector ON forensics_searchdocument "
    "USING gin (vector) WITH (fastupdate = off)",
)
SQLITE = (
    "CREATE VIRTUAL TABLE forensics_searchindex USING fts5("
    "names, metadata, remarks, content='', tokenize='unicode61', prefix='2 3 4')",
)


def make_index(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in POSTGRESQL if vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE forensics_searchindex")


class Migration(migrations.Migration):

    dependencies = [
        ('forensics', '0005_tiles'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('names', models.TextField(blank=True, help_text='SHA-256 and the names it was sent as')),
                ('metadata', models.TextField(blank=True, help_text='tags of the newest result')),
                ('remarks', models.TextField(blank=True, help_text='what people wrote about it')),
                ('image', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='search_document', to='forensics.image')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['format', '-created_at', '-id'], name='forensics_i_format_cf56e7_idx'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['submitted_by', 'image'], name='forensics_s_submitt_11866a_idx'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['door', 'image'], name='forensics_s_door_85efb9_idx'),
        ),
        migrations.RunPython(make_index, drop_index),
    ]
