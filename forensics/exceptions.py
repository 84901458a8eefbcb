"""What can go wrong in this app, as one small tree."""

from forensics.analysis.types import ForensicsError


class StorageError(ForensicsError):
    """The file storage did not take or give a file."""


class LeaseLostError(ForensicsError):
    """Another worker was given the analysis meanwhile."""


class SendingError(ForensicsError):
    """A picture could not be taken in the way it was sent.

    Attributes
    ----------
    code, detail : str
        A stable word, and what to tell the sender.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
