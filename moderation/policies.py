"""PURE rules: which decisions make sense."""

from collections.abc import Collection, Sequence

# Which grounds can carry which outcome.
REASONS_FOR: dict[str, Sequence[str]] = {
    "authentic": ("no_trace_found", "harmless_edit", "source_confirmed", "other"),
    "fake": ("content_edited", "ai_generated", "metadata_contradicts", "other"),
    "cannot_tell": ("quality_too_low", "evidence_conflicts", "no_trace_found", "other"),
}


def problem_with_decision(
    *, outcome: str, reason: str, note: str, max_note: int
) -> str | None:
    """Return what is wrong with a decision, in words, or None."""
    allowed: Collection[str] = REASONS_FOR.get(outcome, ())
    if not allowed:
        return f"Choose one of: {', '.join(REASONS_FOR)}."
    if reason not in allowed:
        return f"For {outcome!r} give one of these reasons: {', '.join(allowed)}."
    if reason == "other" and not note.strip():
        return "The reason 'other' needs a note that says what it is."
    if len(note) > max_note:
        return f"The note has {len(note):,} characters; at most {max_note:,} fit."
    return None
