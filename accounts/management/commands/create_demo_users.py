"""``manage.py create_demo_users``: somebody to sign in as, on a trial installation."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.services import DEMO_USERS, create_demo_users


class Command(BaseCommand):
    """Create what is missing; print new passwords once."""

    requires_system_checks = ()
    help = (
        "Create the users moderator, lead and administrator with random passwords, "
        "printed once (or PIXELWARDEN_DEMO_PASSWORD). Does nothing in production."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, then tell."""
        if settings.IS_PRODUCTION:
            self.stdout.write("No demo users in production: manage.py createsuperuser")
            return
        try:
            created = create_demo_users(password=settings.DEMO_PASSWORD)
        except ValidationError as error:
            words = " ".join(error.messages)
            raise CommandError(
                f"PIXELWARDEN_DEMO_PASSWORD is too weak. {words}"
            ) from error
        if not created:
            names = ", ".join(DEMO_USERS)
            self.stdout.write(
                f"Sign in as one of: {names}. The passwords were printed when these "
                "were made; a new one: manage.py changepassword NAME"
            )
            return
        self.stdout.write("Demo users (write the passwords down, they are shown once):")
        for person in created:
            password = "(as set)" if settings.DEMO_PASSWORD else person.password
            self.stdout.write(f"  {person.username:<15} {password}")
