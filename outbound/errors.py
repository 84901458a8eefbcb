"""What can go wrong on the way out. Codes are stable, words hold nothing received."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from outbound.answers import Answer


class OutboundError(Exception):
    """A request that brought no usable answer.

    Attributes
    ----------
    code : str
        Stable; for programs.
    answer : Answer or None
        What came back, where something did.
    """

    code: ClassVar[str] = "failed"

    def __init__(self, words: str, *, answer: Answer | None = None) -> None:
        super().__init__(words)
        self.answer = answer


class UrlRefusedError(OutboundError):
    """The address is malformed, or its scheme or port is not allowed."""

    code = "url_refused"


class AddressRefusedError(OutboundError):
    """The host is, or resolves to, an address outside the public internet."""

    code = "address_refused"


class DnsFailedError(OutboundError):
    """The host's name has no address."""

    code = "dns_failed"


class ConnectFailedError(OutboundError):
    """Nobody answers there, or they hung up."""

    code = "connect_failed"


class TlsFailedError(OutboundError):
    """The certificate is not valid for the host, or TLS could not be agreed on."""

    code = "tls_failed"


class TimedOutError(OutboundError):
    """The whole of it, or one step, took too long."""

    code = "timed_out"


class TooLargeError(OutboundError):
    """The answer is larger than asked for."""

    code = "too_large"


class EncodingRefusedError(OutboundError):
    """The answer is compressed although that was declined."""

    code = "encoding_refused"


class RedirectRefusedError(OutboundError):
    """The answer leads elsewhere, and that is not followed, or not any further."""

    code = "redirect_refused"


class StatusError(OutboundError):
    """The answer's status says no."""

    code = "status"


class BadAnswerError(OutboundError):
    """What came back is no HTTP, or ended in the middle."""

    code = "bad_answer"
