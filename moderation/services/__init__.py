"""Everything that writes: flagging, claims, decisions, policies, the audit trail."""

from moderation.services.cases import (
    claim_case,
    decide_case,
    open_case,
    release_case,
    release_expired_claims,
    reopen_case,
)
from moderation.services.flagging import flag_analysis
from moderation.services.policies import delete_policy, save_policy

__all__ = [
    "claim_case",
    "decide_case",
    "delete_policy",
    "flag_analysis",
    "open_case",
    "release_case",
    "release_expired_claims",
    "reopen_case",
    "save_policy",
]
