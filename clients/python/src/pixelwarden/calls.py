"""Reading, and the review of cases: each operation of the API described once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar
from urllib.parse import quote

from pixelwarden import resources as r
from pixelwarden.decoding import Resource
from pixelwarden.errors import UnexpectedAnswer
from pixelwarden.protocol import Answer, Request, Steps, post

R = TypeVar("R", bound=Resource)
Value: TypeAlias = str | int | float | bool | datetime | None
Filter: TypeAlias = Value | Iterable[str]


@dataclass(frozen=True)
class Listing(Generic[R]):
    """A list that comes in pages."""

    path: str
    params: tuple[tuple[str, str], ...]
    kind: type[R]

    def page(self, link: str | None = None) -> Steps[tuple[tuple[R, ...], str | None]]:
        """Get the first page, or the one behind a link, and the link to the next."""
        request = (
            Request(path=link) if link else Request(path=self.path, params=self.params)
        )
        answer: Answer = yield request
        found = answer.json()
        if isinstance(found, list):  # short lists come whole
            return tuple(self.kind(item) for item in found), None
        if not isinstance(found, dict) or not isinstance(found.get("results"), list):
            raise UnexpectedAnswer("Expected a page with `results`.")
        return tuple(self.kind(item) for item in found["results"]), found.get("next")


def parameters(filters: Mapping[str, Filter]) -> tuple[tuple[str, str], ...]:
    """Return filters as the address spells them; those that are None are left out."""
    return tuple(
        (name, _spelt(value))
        for name, given in filters.items()
        for value in (
            (given,)
            if isinstance(given, str) or not isinstance(given, Iterable)
            else given
        )
        if value is not None
    )


def _spelt(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)


def part(value: object) -> str:
    """Return an id as one part of a path, whatever stands in it."""
    text = quote(str(value), safe="")
    if not text.strip("."):
        raise ValueError(f"Expected an id. Received {value!r}.")
    return text


def get(path: str, kind: type[R]) -> Steps[R]:
    """Read one resource."""
    answer: Answer = yield Request(path=path)
    return kind(answer.object())


def act(
    path: str,
    kind: type[R],
    body: Mapping[str, Any] | None = None,
    *,
    idempotency_key: str | None = None,
) -> Steps[R]:
    """POST what is not None of a body, and return what the resource is then."""
    said = {n: v for n, v in (body or {}).items() if v is not None}
    answer: Answer = yield post(path, json=said, idempotency_key=idempotency_key)
    return kind(answer.object())


def delete(path: str) -> Steps[None]:
    """Delete one resource."""
    yield Request(method="DELETE", path=path)


def raw(
    method: str,
    path: str,
    *,
    params: Mapping[str, Filter] | None = None,
    json: Any = None,
    idempotency_key: str | None = None,
) -> Steps[Any]:
    """Send any request below ``/api/v1/`` and return the parsed answer."""
    found = parameters(params or {})
    if method.upper() == "POST":
        request = post(path, json=json, idempotency_key=idempotency_key, params=found)
    else:
        request = Request(method=method.upper(), path=path, json=json, params=found)
    answer: Answer = yield request
    return answer.json() if answer.content else None


def download(path: str, to: str | Path | None) -> Steps[bytes | Path]:
    """Return the bytes; or write them to a file and return its path."""
    into = Path(to) if to is not None else None
    answer: Answer = yield Request(path=path, into=into)
    return answer.content if into is None else into


# Lists. Filters are those of the API's description; unknown ones are refused.


def images(**filters: Filter) -> Listing[r.Image]:
    """List images, such as ``verdict=["fake", "suspicious"]``."""
    return Listing("images/", parameters(filters), r.Image)


def analyses(**filters: Filter) -> Listing[r.Analysis]:
    """List analyses."""
    return Listing("analyses/", parameters(filters), r.Analysis)


def image_analyses(image: str, **filters: Filter) -> Listing[r.Analysis]:
    """List the analyses of an image, the newest first."""
    path = f"images/{part(image)}/analyses/"
    return Listing(path, parameters(filters), r.Analysis)


def image_submissions(image: str, **filters: Filter) -> Listing[r.Submission]:
    """List the arrivals of an image that you may know of, the newest first."""
    path = f"images/{part(image)}/submissions/"
    return Listing(path, parameters(filters), r.Submission)


def signals(**filters: Filter) -> Listing[r.Signal]:
    """List what analyzers found, such as ``name="ela", status="ok"``."""
    return Listing("signals/", parameters(filters), r.Signal)


def evidence_files(**filters: Filter) -> Listing[r.Evidence]:
    """List evidence pictures."""
    return Listing("evidence/", parameters(filters), r.Evidence)


def models() -> Listing[r.StoredModel]:
    """List the models that are installed."""
    return Listing("models/", (), r.StoredModel)


def cases(**filters: Filter) -> Listing[r.Case]:
    """List cases, such as ``status="open"``."""
    return Listing("cases/", parameters(filters), r.Case)


def comments(case: str) -> Listing[r.Comment]:
    """List the comments on a case."""
    return Listing(f"cases/{part(case)}/comments/", (), r.Comment)


def appeals(**filters: Filter) -> Listing[r.Appeal]:
    """List appeals."""
    return Listing("appeals/", parameters(filters), r.Appeal)


def decisions(**filters: Filter) -> Listing[r.Decision]:
    """List decisions."""
    return Listing("decisions/", parameters(filters), r.Decision)


def policies(**filters: Filter) -> Listing[r.Policy]:
    """List policies."""
    return Listing("policies/", parameters(filters), r.Policy)


def policy_versions(policy: int | str, **filters: Filter) -> Listing[r.PolicyVersion]:
    """List the versions of a policy, the newest first."""
    path = f"policies/{part(policy)}/versions/"
    return Listing(path, parameters(filters), r.PolicyVersion)


def queues(**filters: Filter) -> Listing[r.Queue]:
    """List queues of cases."""
    return Listing("queues/", parameters(filters), r.Queue)


def audit(**filters: Filter) -> Listing[r.AuditEvent]:
    """List the record, the newest first."""
    return Listing("audit/", parameters(filters), r.AuditEvent)


def fetches(**filters: Filter) -> Listing[r.Fetch]:
    """List pictures that the server fetches from addresses."""
    return Listing("fetches/", parameters(filters), r.Fetch)


def uploads(**filters: Filter) -> Listing[r.Upload]:
    """List direct uploads."""
    return Listing("uploads/", parameters(filters), r.Upload)


def problem_types() -> Listing[r.ProblemType]:
    """List all kinds of errors with what to do."""
    return Listing("problems/", (), r.ProblemType)


def listing(path: str, **filters: Filter) -> Listing[Resource]:
    """List anything below ``/api/v1/``, such as ``"events/"``."""
    return Listing(path, parameters(filters), Resource)


# One thing.


def image(image: str) -> Steps[r.Image]:
    """Read an image with its newest analysis."""
    return get(f"images/{part(image)}/", r.Image)


def original(image: str, to: str | Path | None = None) -> Steps[bytes | Path]:
    """Download the file as it was sent, byte for byte."""
    return download(f"images/{part(image)}/original/", to)


def analysis(analysis: str) -> Steps[r.Analysis]:
    """Read an analysis, whole."""
    return get(f"analyses/{part(analysis)}/", r.Analysis)


def mask(analysis: str, to: str | Path | None = None) -> Steps[bytes | Path]:
    """Download where it was edited as PNG, a pixel a cell."""
    return download(f"analyses/{part(analysis)}/mask/", to)


def signal(signal: str) -> Steps[r.Signal]:
    """Read what one analyzer found."""
    return get(f"signals/{part(signal)}/", r.Signal)


def model(name: str, version: str) -> Steps[r.StoredModel]:
    """Read a version of a model, with its card."""
    return get(f"models/{part(name)}/{part(version)}/", r.StoredModel)


def evidence(evidence: str) -> Steps[r.Evidence]:
    """Read what an evidence picture is."""
    return get(f"evidence/{part(evidence)}/", r.Evidence)


def evidence_content(
    evidence: str, to: str | Path | None = None
) -> Steps[bytes | Path]:
    """Download an evidence picture."""
    return download(f"evidence/{part(evidence)}/content/", to)


def report(analysis: str) -> Steps[dict[str, Any]]:
    """Read the evidence report of an analysis."""
    answer: Answer = yield Request(path=f"reports/{part(analysis)}/")
    return answer.object()


def report_pdf(analysis: str, to: str | Path | None = None) -> Steps[bytes | Path]:
    """Download the evidence report as PDF."""
    return download(f"reports/{part(analysis)}/pdf/", to)


def case(case: str) -> Steps[r.Case]:
    """Read a case with its decisions."""
    return get(f"cases/{part(case)}/", r.Case)


def get_appeal(appeal: str) -> Steps[r.Appeal]:
    """Read an appeal."""
    return get(f"appeals/{part(appeal)}/", r.Appeal)


def decision(decision: str) -> Steps[r.Decision]:
    """Read a decision."""
    return get(f"decisions/{part(decision)}/", r.Decision)


def policy(policy: int | str) -> Steps[r.Policy]:
    """Read a policy with its versions."""
    return get(f"policies/{part(policy)}/", r.Policy)


def policy_version(policy: int | str, number: int) -> Steps[r.PolicyVersion]:
    """Read a version of a policy."""
    return get(f"policies/{part(policy)}/versions/{part(number)}/", r.PolicyVersion)


def audit_event(position: int) -> Steps[r.AuditEvent]:
    """Read a line of the record."""
    return get(f"audit/{part(position)}/", r.AuditEvent)


def queue(queue: int | str) -> Steps[r.Queue]:
    """Read a queue."""
    return get(f"queues/{part(queue)}/", r.Queue)


def fetch(fetch: str) -> Steps[r.Fetch]:
    """Read how far the server is with an address."""
    return get(f"fetches/{part(fetch)}/", r.Fetch)


def upload(upload: str) -> Steps[r.Upload]:
    """Read a direct upload."""
    return get(f"uploads/{part(upload)}/", r.Upload)


def problem_type(code: str) -> Steps[r.ProblemType]:
    """Read what an error code means and what to do."""
    return get(f"problems/{part(code)}/", r.ProblemType)
