"""What can go wrong in this app, as one small tree. Words come with the error."""

from django.utils.translation import gettext


class ModerationError(Exception):
    """Root of every error this app raises on purpose.

    Parameters
    ----------
    detail : str
        What happened and what to do, for people.
    """

    code = "moderation_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class TransitionError(ModerationError):
    """A case is not in a state that allows this."""

    code = "wrong_state"


class ClaimError(ModerationError):
    """Somebody else holds the case."""

    code = "claimed_by_other"


class NotAllowedError(ModerationError):
    """The person may not do this."""

    code = "not_allowed"


class InvalidPolicyError(ModerationError):
    """A policy or a queue does not make sense.

    Parameters
    ----------
    detail : str
        For people.
    pointer : str
        JSON pointer to the condition that is wrong; empty: the whole.
    """

    code = "invalid_policy"

    def __init__(self, detail: str, *, pointer: str = "") -> None:
        super().__init__(detail)
        self.pointer = pointer


class WebhookError(ModerationError):
    """A webhook cannot be as it is asked for.

    Parameters
    ----------
    detail : str
        For people.
    pointer : str
        JSON pointer to the field that is wrong; empty: the whole.
    """

    code = "invalid_webhook"

    def __init__(self, detail: str, *, pointer: str = "") -> None:
        super().__init__(detail)
        self.pointer = pointer


class InvalidDecisionError(ModerationError):
    """The decision lacks something, or contradicts itself."""

    code = "invalid_decision"


class NotRecordedError(ModerationError):
    """A view of evidence could not be put on record, so nothing is shown."""

    code = "not_recorded"

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "This view could not be put on record, so nothing is shown. Try again "
                "in a moment; if it stays so, tell whoever runs this installation."
            )
        )
