"""File names are found by how they begin, whatever the case of their letters.

Each database has its own kind of index for that; Django's models can name neither.
"""

from django.db import migrations

NAME = "submissions_by_name_start"
CREATE = {
    "postgresql": f"CREATE INDEX {NAME} ON forensics_submission "
    "(UPPER(original_name::text) text_pattern_ops)",
    "sqlite": f"CREATE INDEX {NAME} ON forensics_submission "
    "(original_name COLLATE NOCASE)",
}


def create(apps, schema_editor):
    if schema_editor.connection.vendor in CREATE:
        schema_editor.execute(CREATE[schema_editor.connection.vendor])


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    dependencies = [("forensics", "0006_search")]

    operations = [migrations.RunPython(create, drop)]
