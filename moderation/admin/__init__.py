"""Cases, decisions, policies, banks and the audit trail in the Django admin."""

from moderation.admin.banks import BankAdmin, BankEntryAdmin
from moderation.admin.cases import CaseAdmin
from moderation.admin.images import CaseFileAdmin
from moderation.admin.organizations import OrganizationAdmin
from moderation.admin.policies import PolicyAdmin
from moderation.admin.quality import AppealAdmin, GoldenAnswerAdmin
from moderation.admin.queues import QueueAdmin
from moderation.admin.records import AuditEventAdmin, DecisionAdmin
from moderation.admin.webhooks import EventAdmin, WebhookEndpointAdmin

__all__ = [
    "AppealAdmin",
    "AuditEventAdmin",
    "BankAdmin",
    "BankEntryAdmin",
    "CaseAdmin",
    "CaseFileAdmin",
    "DecisionAdmin",
    "EventAdmin",
    "GoldenAnswerAdmin",
    "OrganizationAdmin",
    "PolicyAdmin",
    "QueueAdmin",
    "WebhookEndpointAdmin",
]
