"""The user model: a table of our own, so that later fields move no keys."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person or a service account that signs in."""

    def __str__(self) -> str:
        return self.get_full_name() or self.username
