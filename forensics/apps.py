"""Images, their analyses and the evidence."""

from importlib import import_module

from django.apps import AppConfig


class ForensicsConfig(AppConfig):
    """Images, their analyses and the evidence."""

    name = "forensics"

    def ready(self) -> None:
        """Register the checks."""
        import_module("forensics.checks")
