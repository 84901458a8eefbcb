"""Who may read and fill the banks of known images, and policies for known fakes."""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

READ = ["view_bank", "view_bankentry", "view_fingerprint"]
FILL = ["add_bank", "change_bank", "add_bankentry", "change_bankentry", "delete_bankentry"]
GROUPS = {
    "moderator": READ,
    "auditor": READ,
    "lead": [*READ, *FILL],
    "administrator": [*READ, *FILL, "delete_bank"],
}
POLICIES = [
    ("Known fake", "The very file is in a bank of known fakes.", ["known_fake"], 40),
    (
        "Looks like a known fake",
        "The picture looks like one in a bank of known fakes.",
        ["known_fake_near"],
        30,
    ),
]


def create(apps, schema_editor):
    # Permissions normally appear only after the last migration.
    config = global_apps.get_app_config("forensics")
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for name, permissions in GROUPS.items():
        group = group_model.objects.filter(name=name).first()
        if group is not None:
            group.permissions.add(
                *permission_model.objects.filter(
                    content_type__app_label="forensics", codename__in=permissions
                )
            )
    policy_model = apps.get_model("moderation", "Policy")
    for name, description, codes, priority in POLICIES:
        policy_model.objects.get_or_create(
            name=name,
            defaults={"description": description, "codes": codes, "priority": priority},
        )


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0002_groups_and_policies"),
        ("forensics", "0004_known_images"),
    ]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
