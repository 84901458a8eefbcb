"""Rows about cases, decisions, policies, queues and the record. Fields only."""

from moderation.models.audit import AuditCheck, AuditEvent, AuditHead
from moderation.models.backtests import BacktestState, PolicyBacktest
from moderation.models.cases import Case, CaseKind
from moderation.models.choices import MAX_NOTE, DecisionReason, Outcome, Priority
from moderation.models.decisions import Decision, Withdrawal
from moderation.models.flow import (
    MAX_COMMENT,
    CaseSkip,
    CaseViewer,
    Comment,
    Notification,
    NotificationKind,
)
from moderation.models.lists import BulkChange, CaseTag, ListName, SavedView, Tag
from moderation.models.policies import (
    Policy,
    PolicyAction,
    PolicyEffect,
    PolicyVersion,
    VersionState,
)
from moderation.models.quality import (
    Appeal,
    AppealResolution,
    GoldenAnswer,
    GoldenCheck,
    SecondReview,
)
from moderation.models.queues import Queue, QueueOrder
from moderation.models.short_ids import ShortId
from moderation.models.webhooks import (
    Delivery,
    DeliveryAttempt,
    Event,
    EventHead,
    OrderKey,
    Stopped,
    WebhookEndpoint,
    WebhookSecret,
)

__all__ = [
    "MAX_COMMENT",
    "MAX_NOTE",
    "Appeal",
    "AppealResolution",
    "AuditCheck",
    "AuditEvent",
    "AuditHead",
    "BacktestState",
    "BulkChange",
    "Case",
    "CaseKind",
    "CaseSkip",
    "CaseTag",
    "CaseViewer",
    "Comment",
    "Decision",
    "DecisionReason",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "EventHead",
    "GoldenAnswer",
    "GoldenCheck",
    "ListName",
    "Notification",
    "NotificationKind",
    "OrderKey",
    "Outcome",
    "Policy",
    "PolicyAction",
    "PolicyBacktest",
    "PolicyEffect",
    "PolicyVersion",
    "Priority",
    "Queue",
    "QueueOrder",
    "SavedView",
    "SecondReview",
    "ShortId",
    "Stopped",
    "Tag",
    "VersionState",
    "WebhookEndpoint",
    "WebhookSecret",
    "Withdrawal",
]
