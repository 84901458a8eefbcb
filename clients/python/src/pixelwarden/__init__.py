"""Client of Pixelwarden: send pictures, wait for results, review, verify webhooks."""

from pixelwarden import errors, resources, webhooks, words
from pixelwarden.async_client import AsyncClient
from pixelwarden.client import Client
from pixelwarden.errors import (
    ApiError,
    AuthenticationFailed,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    FetchFailed,
    FieldError,
    ImageRefused,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    PixelwardenError,
    RateLimited,
    ResultTimeout,
    ServerError,
    UnexpectedAnswer,
    WebhookError,
)
from pixelwarden.folders import Folder, Report, Sent
from pixelwarden.protocol import Retries
from pixelwarden.resources import Event
from pixelwarden.sending import Item
from pixelwarden.version import __version__
from pixelwarden.words import EventType, Outcome, Scope, Verdict

__all__ = [
    "ApiError",
    "AsyncClient",
    "AuthenticationFailed",
    "Client",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "Event",
    "EventType",
    "FetchFailed",
    "FieldError",
    "Folder",
    "ImageRefused",
    "InvalidRequest",
    "Item",
    "NotFound",
    "Outcome",
    "PermissionDenied",
    "PixelwardenError",
    "RateLimited",
    "Report",
    "ResultTimeout",
    "Retries",
    "Scope",
    "Sent",
    "ServerError",
    "UnexpectedAnswer",
    "Verdict",
    "WebhookError",
    "__version__",
    "errors",
    "resources",
    "webhooks",
    "words",
]
