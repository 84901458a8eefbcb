"""Cases, decisions, policies, banks and the audit trail in the Django admin."""

from moderation.admin.banks import BankAdmin, BankEntryAdmin
from moderation.admin.cases import CaseAdmin
from moderation.admin.policies import PolicyAdmin
from moderation.admin.queues import QueueAdmin
from moderation.admin.records import AuditEventAdmin, DecisionAdmin

__all__ = [
    "AuditEventAdmin",
    "BankAdmin",
    "BankEntryAdmin",
    "CaseAdmin",
    "DecisionAdmin",
    "PolicyAdmin",
    "QueueAdmin",
]
