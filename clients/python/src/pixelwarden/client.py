"""``Client``, which blocks."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from pixelwarden import (
    administering,
    calls,
    folders,
    following,
    hooking,
    reviewing,
    sending,
)
from pixelwarden.methods import Blocking, Listed
from pixelwarden.protocol import (
    Answer,
    Pause,
    Request,
    Retries,
    Step,
    Steps,
    persistently,
)
from pixelwarden.transport import TIMEOUT, Setup, as_answer, no_answer, written

if TYPE_CHECKING:
    from types import TracebackType

T = TypeVar("T")


class Client:
    """Speaks to a Pixelwarden server. Threads may share one.

    Parameters
    ----------
    url, key : str, optional
        Else ``PIXELWARDEN_URL`` and ``PIXELWARDEN_KEY``.
    timeout : float
        Seconds without a sign of life, of each try.
    retries : int or Retries
        Tries after the first, where a repetition does no harm.
    http : httpx.Client, optional
        One of yours, for proxies or certificates. It is not closed.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = TIMEOUT,
        retries: int | Retries = 4,
        http: httpx.Client | None = None,
    ) -> None:
        self._setup = Setup(url, key, timeout=timeout, retries=retries)
        self._owned = httpx.Client() if http is None else None
        self._http = self._owned or http or httpx.Client()

    def close(self) -> None:
        """Close the connections."""
        if self._owned is not None:
            self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def carry_out(self, steps: Steps[T]) -> T:
        """Do what an operation asks for, step by step, and return its result."""
        todo = persistently(steps, self._setup.retries)
        try:
            step = next(todo)
            while True:
                try:
                    result = self._do(step)
                except Exception as error:  # noqa: BLE001 - the operation may handle it
                    step = todo.throw(error)
                else:
                    step = todo.send(result)
        except StopIteration as end:
            done: T = end.value
            return done
        finally:
            todo.close()

    def _do(self, step: Step) -> Any:
        if isinstance(step, Pause):
            return time.sleep(step.seconds)
        if isinstance(step, Request):
            return self._exchange(step)
        return step.run()

    def _exchange(self, request: Request) -> Answer:
        with ExitStack() as opened:
            try:
                built = self._setup.build(self._http, request, opened)
                response = self._http.send(
                    built, stream=True, follow_redirects=False, auth=None
                )
                opened.callback(response.close)
                if request.into is None or response.status_code != 200:
                    return as_answer(response, response.read())
                with written(request.into) as file:
                    for chunk in response.iter_bytes():
                        file.write(chunk)
                return as_answer(response, b"")
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise no_answer(error) from error

    send = Blocking(sending.send)
    send_url = Blocking(sending.send_url)
    send_batch = Blocking(sending.send_batch)
    wait_for_result = Blocking(sending.wait_for_result)
    reanalyze = Blocking(sending.reanalyze)
    begin_upload = Blocking(sending.begin_upload)
    complete_upload = Blocking(sending.complete_upload)

    images = Listed(calls.images)
    image = Blocking(calls.image)
    original = Blocking(calls.original)
    analyses = Listed(calls.analyses)
    image_analyses = Listed(calls.image_analyses)
    image_submissions = Listed(calls.image_submissions)
    analysis = Blocking(calls.analysis)
    mask = Blocking(calls.mask)
    signals = Listed(calls.signals)
    signal = Blocking(calls.signal)
    evidence_files = Listed(calls.evidence_files)
    evidence = Blocking(calls.evidence)
    evidence_content = Blocking(calls.evidence_content)
    report = Blocking(calls.report)
    report_pdf = Blocking(calls.report_pdf)
    fetches = Listed(calls.fetches)
    fetch = Blocking(calls.fetch)
    uploads = Listed(calls.uploads)
    upload = Blocking(calls.upload)

    cases = Listed(calls.cases)
    case = Blocking(calls.case)
    claim = Blocking(reviewing.claim)
    claim_next = Blocking(reviewing.claim_next)
    release = Blocking(reviewing.release)
    skip = Blocking(reviewing.skip)
    decide = Blocking(reviewing.decide)
    undo = Blocking(reviewing.undo)
    reopen = Blocking(reviewing.reopen)
    hold = Blocking(reviewing.hold)
    resume = Blocking(reviewing.resume)
    escalate = Blocking(reviewing.escalate)
    assign = Blocking(reviewing.assign)
    comments = Listed(calls.comments)
    comment = Blocking(reviewing.comment)
    appeals = Listed(calls.appeals)
    appeal = Blocking(reviewing.appeal)
    get_appeal = Blocking(calls.get_appeal)
    decisions = Listed(calls.decisions)
    decision = Blocking(calls.decision)

    policies = Listed(calls.policies)
    policy = Blocking(calls.policy)
    policy_versions = Listed(calls.policy_versions)
    policy_version = Blocking(calls.policy_version)
    queues = Listed(calls.queues)
    queue = Blocking(calls.queue)
    audit = Listed(calls.audit)
    audit_event = Blocking(calls.audit_event)
    models = Listed(calls.models)
    model = Blocking(calls.model)
    banks = Listed(administering.banks)
    bank = Blocking(administering.bank)
    bank_entries = Listed(administering.bank_entries)
    bank_entry = Blocking(administering.bank_entry)
    add_bank_entry = Blocking(administering.add_bank_entry)
    delete_bank_entry = Blocking(administering.delete_bank_entry)

    events = Listed(following.events)
    watch = Listed(following.watch)
    endpoints = Listed(hooking.endpoints)
    endpoint = Blocking(hooking.endpoint)
    create_endpoint = Blocking(hooking.create_endpoint)
    update_endpoint = Blocking(hooking.update_endpoint)
    delete_endpoint = Blocking(hooking.delete_endpoint)
    rotate_endpoint_secret = Blocking(hooking.rotate_endpoint_secret)
    send_test_event = Blocking(hooking.send_test_event)
    deliveries = Listed(hooking.deliveries)
    delivery = Blocking(hooking.delivery)
    replay_delivery = Blocking(hooking.replay_delivery)
    replay_deliveries = Blocking(hooking.replay_deliveries)

    current_key = Blocking(administering.current_key)
    keys = Listed(administering.keys)
    key = Blocking(administering.key)
    create_key = Blocking(administering.create_key)
    rotate_key = Blocking(administering.rotate_key)
    revoke_key = Blocking(administering.revoke_key)
    end_token = Blocking(administering.end_token)
    service_accounts = Listed(administering.service_accounts)
    create_service_account = Blocking(administering.create_service_account)

    problem_types = Listed(calls.problem_types)
    problem_type = Blocking(calls.problem_type)

    request = Blocking(calls.raw)
    listing = Listed(calls.listing)

    def send_folder(
        self, folder: folders.Folder, *, concurrency: int = 4
    ) -> folders.Report:
        """Send the pictures of a folder, so many at a time."""
        return folders.send(self, folder, concurrency=concurrency)
