"""Rows about cases, decisions, policies, queues and the record. Fields only."""

from moderation.models.audit import AuditEvent, AuditHead
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
from moderation.models.policies import (
    Policy,
    PolicyAction,
    PolicyEffect,
    PolicyVersion,
    VersionState,
)
from moderation.models.queues import Queue, QueueOrder

__all__ = [
    "MAX_COMMENT",
    "MAX_NOTE",
    "AuditEvent",
    "AuditHead",
    "BacktestState",
    "Case",
    "CaseKind",
    "CaseSkip",
    "CaseViewer",
    "Comment",
    "Decision",
    "DecisionReason",
    "Notification",
    "NotificationKind",
    "Outcome",
    "Policy",
    "PolicyAction",
    "PolicyBacktest",
    "PolicyEffect",
    "PolicyVersion",
    "Priority",
    "Queue",
    "QueueOrder",
    "VersionState",
    "Withdrawal",
]
