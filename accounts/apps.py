"""People who sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People who sign in."""

    name = "accounts"

    def ready(self) -> None:
        """Begin to put sign-ins on record."""
        from accounts import sign_ins  # noqa: PLC0415 - it needs loaded models
        from accounts.signing_in import on_record  # noqa: PLC0415 - the same

        sign_ins.listen()
        on_record.listen()
