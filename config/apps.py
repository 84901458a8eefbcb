"""Runs the product: processes, checks of the installation."""

from importlib import import_module

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Runs the product: processes, checks of the installation."""

    name = "config"
    label = "platform"

    def ready(self) -> None:
        """Register the checks."""
        import_module("config.checks")
