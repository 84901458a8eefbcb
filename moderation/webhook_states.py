"""What is told outside, and the life of a delivery, as data."""

from collections.abc import Mapping

from django.db import models


class EventType(models.TextChoices):
    """What has happened. Names never change their meaning."""

    ANALYSIS_COMPLETED = "analysis.completed", "An analysis was completed"
    ANALYSIS_FAILED = "analysis.failed", "An analysis failed for good"
    CASE_OPENED = "case.opened", "A case was opened"
    CASE_DECIDED = "case.decided", "A case was decided, for good"
    CASE_UNDONE = "case.undone", "A decision that was told was taken back"
    CASE_REOPENED = "case.reopened", "A decided case was reopened"
    CASE_APPEALED = "case.appealed", "A decision was appealed against"
    APPEAL_RESOLVED = "appeal.resolved", "An appeal was answered"
    POLICY_CHANGED = "policy.changed", "What policies do was changed"
    WEBHOOK_TEST = "webhook.test", "A test of a webhook"


class DeliveryState(models.TextChoices):
    """Where the delivery of one event to one endpoint stands."""

    PENDING = "pending", "Waiting"
    RETRYING = "retrying", "Failed, tried again later"
    DELIVERED = "delivered", "Delivered"
    DEAD = "dead", "Given up"


# Whatever has ended waits anew when somebody replays it.
NEXT: Mapping[DeliveryState, tuple[DeliveryState, ...]] = {
    DeliveryState.PENDING: (
        DeliveryState.DELIVERED,
        DeliveryState.RETRYING,
        DeliveryState.DEAD,
    ),
    DeliveryState.RETRYING: (
        DeliveryState.DELIVERED,
        DeliveryState.RETRYING,
        DeliveryState.DEAD,
        DeliveryState.PENDING,
    ),
    DeliveryState.DELIVERED: (DeliveryState.PENDING,),
    DeliveryState.DEAD: (DeliveryState.PENDING,),
}
WAITING = (DeliveryState.PENDING, DeliveryState.RETRYING)
