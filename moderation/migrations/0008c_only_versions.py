"""What versions say now is gone from the policies themselves."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0008b_policies_as_versions")]
    operations = [
        migrations.RemoveConstraint(
            model_name='policy',
            name='policy_score_is_a_score',
        ),
        migrations.RemoveField(
            model_name='policy',
            name='codes',
        ),
        migrations.RemoveField(
            model_name='policy',
            name='is_active',
        ),
        migrations.RemoveField(
            model_name='policy',
            name='min_score',
        ),
        migrations.RemoveField(
            model_name='policy',
            name='priority',
        ),
        migrations.RemoveField(
            model_name='policy',
            name='verdicts',
        ),
    ]
