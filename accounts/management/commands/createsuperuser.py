"""Django's command of this name, with a record of who was made."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.db import transaction

from accounts.models import User
from accounts.people import record_person


class Command(createsuperuser.Command):
    """Create a superuser; asked for what is not given."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, then record: between questions and answers nothing is locked."""
        before = set(User.objects.values_list("pk", flat=True))
        super().handle(*args, **options)
        with transaction.atomic():
            for person in User.objects.exclude(pk__in=before):
                record_person(person=person, before=None, actor=None)
