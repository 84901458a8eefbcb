"""The groups that every door checks, and the policies to begin with."""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

READ = [
    "forensics.view_image",
    "forensics.view_submission",
    "forensics.view_analysis",
    "forensics.view_finding",
    "forensics.view_evidencefile",
    "moderation.view_case",
    "moderation.view_decision",
]
MODERATE = [*READ, "forensics.add_image", "moderation.decide_case"]
LEAD = [
    *MODERATE,
    "forensics.reanalyze_image",
    "moderation.reopen_case",
    "moderation.view_policy",
    "moderation.add_policy",
    "moderation.change_policy",
    "moderation.view_auditevent",
]
ADMINISTER = [
    *LEAD,
    "forensics.view_worker",
    "moderation.delete_policy",
    "accounts.view_user",
    "accounts.add_user",
    "accounts.change_user",
    "auth.view_group",
]
GROUPS = {
    "moderator": MODERATE,
    "lead": LEAD,
    "administrator": ADMINISTER,
    "auditor": [*READ, "moderation.view_policy", "moderation.view_auditevent"],
    # Service accounts: they send images and see what they sent, nothing else.
    "integrator": ["forensics.add_image"],
}
POLICIES = [
    ("Called fake", "Strong evidence of manipulation or generation.", ["fake"], 30),
    ("Called suspicious", "Something speaks against it.", ["suspicious"], 20),
]


def create(apps, schema_editor):
    for label in ("accounts", "auth", "forensics", "moderation"):
        # Permissions normally appear only after the last migration.
        config = global_apps.get_app_config(label)
        create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for name, permissions in GROUPS.items():
        group, _ = group_model.objects.get_or_create(name=name)
        for permission in permissions:
            label, codename = permission.split(".")
            group.permissions.add(
                permission_model.objects.get(
                    content_type__app_label=label, codename=codename
                )
            )
    policy_model = apps.get_model("moderation", "Policy")
    for name, description, verdicts, priority in POLICIES:
        policy_model.objects.get_or_create(
            name=name,
            defaults={
                "description": description,
                "verdicts": verdicts,
                "priority": priority,
            },
        )


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0001_initial"),
        ("accounts", "0001_initial"),
        ("forensics", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
