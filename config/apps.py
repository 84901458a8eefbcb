"""Runs the product: processes, checks of the installation."""

from importlib import import_module

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Runs the product: processes, checks of the installation."""

    name = "config"
    label = "platform"

    def ready(self) -> None:
        """Register the checks; name what Django names in English only."""
        import_module("config.checks")
        import_module("config.names").translate_names()
