"""Images, their analyses and the evidence."""

from django.apps import AppConfig


class ForensicsConfig(AppConfig):
    """Images, their analyses and the evidence."""

    name = "forensics"
