"""Every policy's conditions as its first version; who may see and write queues."""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import timezone

READ = ("moderation.view_queue", "moderation.view_policyversion")
LEAD = (*READ, "moderation.add_queue", "moderation.change_queue")
PERMISSIONS = {
    "moderator": ("moderation.view_queue",),
    "auditor": READ,
    "lead": LEAD,
    "administrator": (*LEAD, "moderation.automate_decisions"),
}


def fill(apps, schema_editor):
    policy_model = apps.get_model("moderation", "Policy")
    version_model = apps.get_model("moderation", "PolicyVersion")
    case_model = apps.get_model("moderation", "Case")
    ordered = policy_model.objects.order_by("-priority", "name")
    for number, policy in enumerate(ordered, start=1):
        policy.position = number * 10
        policy.save()
        version = version_model.objects.create(
            policy=policy,
            number=1,
            state="live" if policy.is_active else "retired",
            conditions=conditions_of(policy),
            action="open",
            priority=policy.priority,
            activated_at=timezone.now() if policy.is_active else None,
        )
        case_model.objects.filter(policy=policy).update(policy_version=version)


def conditions_of(policy):
    found = []
    if policy.verdicts:
        found.append({"kind": "verdict_in", "value": policy.verdicts})
    if policy.codes:
        found.append({"kind": "code_any", "value": policy.codes})
    if policy.min_score is not None:
        found.append({"kind": "score_at_least", "value": policy.min_score})
    return found


def permit(apps, schema_editor):
    config = global_apps.get_app_config("moderation")
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias)
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for name, permissions in PERMISSIONS.items():
        group = group_model.objects.filter(name=name).first()
        for permission in permissions if group else ():
            label, codename = permission.split(".")
            group.permissions.add(
                permission_model.objects.get(
                    content_type__app_label=label, codename=codename
                )
            )


class Migration(migrations.Migration):
    dependencies = [("moderation", "0008_policy_versions")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
