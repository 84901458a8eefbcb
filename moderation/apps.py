"""Cases, decisions, policies and the audit trail."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """Cases, decisions, policies and the audit trail."""

    name = "moderation"
