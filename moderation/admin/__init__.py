"""Cases, decisions, policies and the audit trail in the Django admin."""

from moderation.admin.cases import CaseAdmin
from moderation.admin.policies import PolicyAdmin
from moderation.admin.records import AuditEventAdmin, DecisionAdmin

__all__ = ["AuditEventAdmin", "CaseAdmin", "DecisionAdmin", "PolicyAdmin"]
