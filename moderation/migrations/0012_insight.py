"""Who may change what holds for all, and see what the figures say; their indexes."""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

GRANTED = {
    "administrator": [
        "accounts.view_organization",
        "accounts.change_organization",
        "moderation.view_insight",
    ],
    "lead": ["moderation.view_insight"],
    "auditor": ["moderation.view_insight"],
}


def grant(apps, schema_editor):
    for label in ("accounts", "moderation"):
        # Permissions normally appear only after the last migration.
        config = global_apps.get_app_config(label)
        create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for name, permissions in GRANTED.items():
        group = group_model.objects.get(name=name)
        for permission in permissions:
            label, codename = permission.split(".")
            group.permissions.add(
                permission_model.objects.get(
                    content_type__app_label=label, codename=codename
                )
            )


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0011_audit"),
        ("accounts", "0002_organizations"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [
        migrations.AlterModelOptions(
            name='decision',
            options={'ordering': ('-created_at', '-id'), 'permissions': (('view_insight', 'Can see what decisions say in figures'),)},
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['opened_at'], name='moderation__opened__263fba_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['id', 'kind', 'queue', 'opened_at'], name='case_of_a_decision'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['created_at', 'case', 'withdrawn_at', 'final_at', 'is_automatic', 'machine_verdict', 'machine_score', 'outcome'], name='decisions_of_a_period'),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
