"""People who sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People who sign in."""

    name = "accounts"

    def ready(self) -> None:
        """Begin to put sign-ins on record."""
        from accounts.sign_ins import listen  # noqa: PLC0415 - it needs loaded models

        listen()
