"""Django's command of this name, on record."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from accounts.models import User
from accounts.people import record_person, state_of


class Command(changepassword.Command):
    """Set somebody's password; asked for twice."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Set it, then record that it was set."""
        found = User.objects.filter(username=options["username"]).first()
        before = state_of(found)
        said: str | None = super().handle(*args, **options)
        if found is not None and before is not None:
            found.refresh_from_db()
            with transaction.atomic():
                record_person(person=found, before=before, actor=None)
        return said
