"""What people, or their tools, do with cases. Each may name an ``idempotency_key``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelwarden import resources as r
from pixelwarden.calls import act, part
from pixelwarden.protocol import Answer, Steps, post

if TYPE_CHECKING:
    from datetime import datetime

    from pixelwarden.words import DecisionReason, Outcome


def claim(case: str, *, idempotency_key: str | None = None) -> Steps[r.Case]:
    """Take a case for yourself. Its ``claim_token`` proves that you hold it."""
    path = f"cases/{part(case)}/claim/"
    return act(path, r.Case, idempotency_key=idempotency_key)


def claim_next(
    *, queue: str | None = None, idempotency_key: str | None = None
) -> Steps[r.Case | None]:
    """Take the case that comes next, or return None where there is none."""
    said = {} if queue is None else {"queue": queue}
    answer: Answer = yield post(
        "cases/claim-next/", json=said, idempotency_key=idempotency_key
    )
    return r.Case(answer.object()) if answer.content else None


def release(
    case: str, *, token: str | None = None, idempotency_key: str | None = None
) -> Steps[r.Case]:
    """Give a claimed case back."""
    path = f"cases/{part(case)}/release/"
    return act(path, r.Case, {"token": token}, idempotency_key=idempotency_key)


def skip(
    case: str,
    because: str,
    *,
    token: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.Case]:
    """Leave a claimed case to others."""
    body = {"because": because, "token": token}
    path = f"cases/{part(case)}/skip/"
    return act(path, r.Case, body, idempotency_key=idempotency_key)


def decide(  # noqa: PLR0913  # what a decision has
    case: str,
    outcome: Outcome | str,
    reason: DecisionReason | str,
    *,
    note: str | None = None,
    analysis: str | None = None,
    token: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.Decision]:
    """Decide a case that you hold. Each outcome has reasons of its own."""
    body = {"outcome": str(outcome), "reason": str(reason), "note": note}
    body |= {"analysis": analysis, "token": token}
    path = f"cases/{part(case)}/decide/"
    return act(path, r.Decision, body, idempotency_key=idempotency_key)


def undo(decision: str, *, idempotency_key: str | None = None) -> Steps[r.Case]:
    """Take your decision back, while it is not final."""
    path = f"decisions/{part(decision)}/undo/"
    return act(path, r.Case, idempotency_key=idempotency_key)


def reopen(
    case: str, because: str, *, idempotency_key: str | None = None
) -> Steps[r.Case]:
    """Open a decided case again."""
    path = f"cases/{part(case)}/reopen/"
    return act(path, r.Case, {"because": because}, idempotency_key=idempotency_key)


def hold(
    case: str,
    because: str,
    *,
    until: datetime | None = None,
    token: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.Case]:
    """Put a case aside, until a moment or until it is resumed."""
    body = {"because": because, "token": token}
    body |= {"until": until.isoformat() if until else None}
    path = f"cases/{part(case)}/hold/"
    return act(path, r.Case, body, idempotency_key=idempotency_key)


def resume(case: str, *, idempotency_key: str | None = None) -> Steps[r.Case]:
    """Bring a held case back."""
    path = f"cases/{part(case)}/resume/"
    return act(path, r.Case, idempotency_key=idempotency_key)


def escalate(
    case: str,
    because: str,
    *,
    token: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.Case]:
    """Hand a case to the leads."""
    body = {"because": because, "token": token}
    path = f"cases/{part(case)}/escalate/"
    return act(path, r.Case, body, idempotency_key=idempotency_key)


def assign(
    case: str, person: str | None, *, idempotency_key: str | None = None
) -> Steps[r.Case]:
    """Give a case to somebody, or, with None, to nobody in particular."""
    answer: Answer = yield post(
        f"cases/{part(case)}/assign/",
        json={"person": person},
        idempotency_key=idempotency_key,
    )
    return r.Case(answer.object())


def comment(
    case: str, text: str, *, idempotency_key: str | None = None
) -> Steps[r.Comment]:
    """Remark something on a case."""
    path = f"cases/{part(case)}/comments/"
    return act(path, r.Comment, {"text": text}, idempotency_key=idempotency_key)


def appeal(
    case: str,
    because: str,
    *,
    on_behalf_of: str | None = None,
    external_id: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.Appeal]:
    """Object to the decision of a case."""
    body = {"because": because, "on_behalf_of": on_behalf_of}
    body |= {"external_id": external_id}
    path = f"cases/{part(case)}/appeals/"
    return act(path, r.Appeal, body, idempotency_key=idempotency_key)
