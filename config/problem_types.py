"""Every kind of problem the API can answer with. Codes never change their meaning."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem: its HTTP status, its name and what to do about it."""

    status: int
    title: str
    remedy: str


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    # The request
    "invalid": ProblemType(
        400,
        "The request is not valid",
        "`errors` names each wrong field (`pointer`) or query parameter "
        "(`parameter`). Correct them and send it again.",
    ),
    "unprocessable": ProblemType(
        422,
        "The request is well formed and cannot be done",
        "It names what is not there, or what is taken already: `errors` says where.",
    ),
    "parse_error": ProblemType(
        400,
        "The body cannot be read",
        "It is not what its `Content-Type` says. Check the JSON, or the multipart "
        "boundary.",
    ),
    "bad_request": ProblemType(
        400, "The request cannot be understood", "Check its headers and its parts."
    ),
    "uri_too_long": ProblemType(
        414,
        "The address is too long",
        "Fewer names in `fields`, or shorter values of filters.",
    ),
    "headers_too_large": ProblemType(
        431, "The headers are too large", "Send fewer or shorter ones."
    ),
    "not_authenticated": ProblemType(
        401,
        "Nobody is signed in",
        "Send `Authorization: Bearer <token>`.",
    ),
    "authentication_failed": ProblemType(
        401,
        "The credentials are wrong",
        "The token has ended, was revoked or is misspelt, or the name and password "
        "do not match. Get a new token.",
    ),
    "permission_denied": ProblemType(
        403,
        "You may not do this",
        "Ask an administrator to add the account to a group that may.",
    ),
    "insufficient_scope": ProblemType(
        403,
        "The key lacks a scope",
        "`detail` names it. A key's scopes never change: make another key.",
    ),
    "not_allowed": ProblemType(
        403,
        "You may not do this to a case",
        "Ask an administrator to add the account to a group that may.",
    ),
    "not_found": ProblemType(
        404,
        "There is no such resource",
        "It does not exist, or is not yours to see; the two answer alike. Paths end "
        "with a slash.",
    ),
    "gone": ProblemType(
        410,
        "This part of the API has ended",
        "`detail` says since when, and what to use instead. See "
        "`/api/v1/deprecations/`.",
    ),
    "method_not_allowed": ProblemType(
        405, "The resource does not take this method", "`Allow` lists those it takes."
    ),
    "not_acceptable": ProblemType(
        406,
        "The answer does not come in this format",
        "Send `Accept: application/json`, or no `Accept` at all.",
    ),
    "unsupported_media_type": ProblemType(
        415,
        "The body's content type is not taken here",
        "Images are sent as `multipart/form-data`, as `image/*` or as "
        "`application/octet-stream`, everything else as `application/json`.",
    ),
    "throttled": ProblemType(
        429,
        "Too many requests, or too many attempts to sign in",
        "Wait for the seconds that `Retry-After` names.",
    ),
    # Repeated requests
    "invalid_idempotency_key": ProblemType(
        400,
        "The Idempotency-Key cannot be used",
        "Send a random one for each request, such as a UUID.",
    ),
    "idempotency_key_reused": ProblemType(
        422,
        "The Idempotency-Key stands for another request",
        "It was sent with another body, or to another path, in the last 24 hours. "
        "Make a new key for each new request, and repeat a request unaltered.",
    ),
    "request_in_progress": ProblemType(
        409,
        "The first request with this key still runs",
        "Wait for the seconds that `Retry-After` names, then send it again unaltered.",
    ),
    # Pictures on their way in
    "fetching_is_off": ProblemType(
        403,
        "Pictures are not fetched from addresses here",
        "Send the bytes; or the operator switches it on (`PIXELWARDEN_FETCH_URLS`).",
    ),
    "url_refused": ProblemType(
        422,
        "The address cannot be fetched from",
        "`detail` says why. Use a public https address.",
    ),
    "upload_missing": ProblemType(
        409,
        "The file is not there",
        "Put it where `url` says, then complete the upload again.",
    ),
    "upload_mismatch": ProblemType(
        422,
        "The file is another than was announced",
        "Put the announced file again, or begin a new upload; `detail` names the "
        "difference.",
    ),
    "upload_expired": ProblemType(
        410,
        "The time for this upload is over",
        "Begin a new one.",
    ),
    "upload_closed": ProblemType(
        409,
        "The upload is complete",
        "Read it: the image is linked.",
    ),
    "upload_address_wrong": ProblemType(
        403,
        "The address to upload to was changed",
        "Use `url` exactly as it was given.",
    ),
    "wrong_batch": ProblemType(
        422,
        "The batch does not fit together",
        "`detail` says what: 1 to 100 items, and each file of a form in one of them.",
    ),
    "quota_exceeded": ProblemType(
        429,
        "The key has sent as many pictures as it may",
        "`Retry-After` says when it may again. Ask who manages the key for more.",
    ),
    # Images that are refused; nothing was stored
    "empty": ProblemType(422, "The file is empty", "Send the file's bytes."),
    "not_an_image": ProblemType(
        415, "The file is not an image", "Send a photograph or a picture."
    ),
    "unsupported_format": ProblemType(
        415,
        "Images of this format are not analyzed",
        "Send JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC. The type is taken from "
        "the bytes, never from the name.",
    ),
    "archive": ProblemType(
        415, "The file is an archive", "Unpack it and send its images one by one."
    ),
    "svg": ProblemType(
        415,
        "The file is an SVG drawing",
        "Drawings have no pixels to analyze. Send a photograph.",
    ),
    "truncated": ProblemType(
        422,
        "The image is cut off",
        "Part of the file is missing. Transfer it again from its source.",
    ),
    "corrupt": ProblemType(
        422,
        "The image is damaged",
        "Its structure contradicts itself. Transfer it again from its source.",
    ),
    "unreadable": ProblemType(
        422, "The image cannot be read", "Transfer it again from its source."
    ),
    "failed": ProblemType(
        422,
        "The image cannot be analyzed",
        "The analysis itself broke off. Tell the operator which file it was.",
    ),
    "too_many_bytes": ProblemType(
        413, "The body is too large", "Send less; `detail` names the limit."
    ),
    "too_many_pixels": ProblemType(
        422,
        "The picture has too many pixels",
        "Send a smaller version; `detail` names the limit.",
    ),
    # Cases
    "wrong_state": ProblemType(
        409,
        "The case is not in a state that allows this",
        "Read the case again: somebody may have decided or released it meanwhile.",
    ),
    "claimed_by_other": ProblemType(
        409,
        "Somebody else holds the case",
        "Take another one, wait until the claim ends, or ask a lead to end it.",
    ),
    "invalid_decision": ProblemType(
        422,
        "The decision lacks something, or contradicts itself",
        "`detail` says what; each outcome has reasons of its own.",
    ),
    "invalid_policy": ProblemType(
        422,
        "The policy or the queue does not make sense",
        "`detail` says where, what was expected and what was received.",
    ),
    "invalid_webhook": ProblemType(
        422,
        "The webhook cannot be as it is asked for",
        "`detail` says what is wrong, such as its address, a filter or too many "
        "secrets.",
    ),
    "moderation_error": ProblemType(
        409, "The case does not allow this", "Read the case again."
    ),
    # Our side
    "internal_error": ProblemType(
        500,
        "Something went wrong on our side",
        "Try again later. If it stays, tell the operator the `request_id`: it is in "
        "the log.",
    ),
    "not_recorded": ProblemType(
        503,
        "The view could not be put on record",
        "Evidence is not shown without a record of it. Try again later.",
    ),
    "storage_unavailable": ProblemType(
        503,
        "The file storage is out of reach",
        "Try again later; nothing was stored.",
    ),
}
