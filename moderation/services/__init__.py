"""Everything that writes: flagging, claims, decisions, policies, the audit trail."""

from moderation.services.banks import (
    delete_bank,
    delete_bank_entry,
    import_into_bank,
    record_export,
    save_bank,
    save_bank_entry,
)
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
    "delete_bank",
    "delete_bank_entry",
    "delete_policy",
    "flag_analysis",
    "import_into_bank",
    "open_case",
    "record_export",
    "release_case",
    "release_expired_claims",
    "reopen_case",
    "save_bank",
    "save_bank_entry",
    "save_policy",
]
