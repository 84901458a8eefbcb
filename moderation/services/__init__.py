"""Everything that writes: flagging, claims, decisions, policies, the audit trail."""

from moderation.services.appeals import open_appeal
from moderation.services.audit import record_audit_export
from moderation.services.audit_check import continue_check
from moderation.services.banks import (
    delete_bank,
    delete_bank_entry,
    import_into_bank,
    record_export,
    save_bank,
    save_bank_entry,
)
from moderation.services.claims import (
    claim_case,
    claim_next,
    forget_viewer,
    note_viewer,
    release_case,
    release_expired_claims,
    renew_claim,
    resume_ended_holds,
)
from moderation.services.comments import comment_on_case, mark_read
from moderation.services.decisions import decide_case, reopen_case, undo_decision
from moderation.services.flagging import flag_analysis
from moderation.services.golden import make_golden, save_golden_answer
from moderation.services.opening import open_case
from moderation.services.passing_on import (
    assign_case,
    escalate_case,
    hand_back_case,
    hold_case,
    resume_case,
    skip_case,
)
from moderation.services.policies import (
    Draft,
    create_policy,
    delete_policy,
    discard_draft,
    move_policy,
    publish,
    rename_policy,
    retire,
    save_draft,
)
from moderation.services.proposals import approve_proposal
from moderation.services.queues import close_queue, move_queue, save_queue
from moderation.services.together import decide_together
from moderation.services.viewing import record_view

__all__ = [
    "Draft",
    "approve_proposal",
    "assign_case",
    "claim_case",
    "claim_next",
    "close_queue",
    "comment_on_case",
    "continue_check",
    "create_policy",
    "decide_case",
    "decide_together",
    "delete_bank",
    "delete_bank_entry",
    "delete_policy",
    "discard_draft",
    "escalate_case",
    "flag_analysis",
    "forget_viewer",
    "hand_back_case",
    "hold_case",
    "import_into_bank",
    "make_golden",
    "mark_read",
    "move_policy",
    "move_queue",
    "note_viewer",
    "open_appeal",
    "open_case",
    "publish",
    "record_audit_export",
    "record_export",
    "record_view",
    "release_case",
    "release_expired_claims",
    "rename_policy",
    "renew_claim",
    "reopen_case",
    "resume_case",
    "resume_ended_holds",
    "retire",
    "save_bank",
    "save_bank_entry",
    "save_draft",
    "save_golden_answer",
    "save_queue",
    "skip_case",
    "undo_decision",
]
