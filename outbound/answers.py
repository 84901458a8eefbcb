"""What came back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read up to the cap.

    Attributes
    ----------
    status : int
        The HTTP status.
    headers : tuple of (str, str)
        Names in lower case, in the order in which they came.
    body : bytes
        Empty where it was written elsewhere.
    is_cut : bool
        Whether more followed than was read.
    url : str
        Where it came from, after redirects.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_cut: bool
    url: str

    @property
    def is_success(self) -> bool:
        """Whether the status is one of the 200s."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        """Return the first header of that name; empty when there is none."""
        return next((v for n, v in self.headers if n == name.lower()), "")
