"""``AsyncClient``, for asyncio."""

from __future__ import annotations

import asyncio
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
from pixelwarden.methods import AsyncListed, Awaited
from pixelwarden.protocol import (
    Answer,
    Pause,
    Request,
    Retries,
    Step,
    Steps,
    persistently,
)
from pixelwarden.transport import (
    TIMEOUT,
    Setup,
    Threaded,
    as_answer,
    no_answer,
    written,
)

if TYPE_CHECKING:
    from types import TracebackType

T = TypeVar("T")


class AsyncClient:
    """The same for asyncio; see ``Client``. ``http`` is an ``httpx.AsyncClient``."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = TIMEOUT,
        retries: int | Retries = 4,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._setup = Setup(url, key, timeout=timeout, retries=retries)
        self._owned = httpx.AsyncClient() if http is None else None
        self._http = self._owned or http or httpx.AsyncClient()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._owned is not None:
            await self._owned.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def carry_out(self, steps: Steps[T]) -> T:
        """Do what an operation asks for, step by step, and return its result."""
        todo = persistently(steps, self._setup.retries)
        try:
            step = next(todo)
            while True:
                try:
                    result = await self._do(step)
                except Exception as error:  # noqa: BLE001 - the operation may handle it
                    step = todo.throw(error)
                else:
                    step = todo.send(result)
        except StopIteration as end:
            done: T = end.value
            return done
        finally:
            todo.close()

    async def _do(self, step: Step) -> Any:
        if isinstance(step, Pause):
            return await asyncio.sleep(step.seconds)
        if isinstance(step, Request):
            return await self._exchange(step)
        return await asyncio.to_thread(step.run)

    async def _exchange(self, request: Request) -> Answer:
        with ExitStack() as opened:
            built = self._setup.build(self._http, request, opened)
            if request.files or request.content:  # read from disk
                assert isinstance(built.stream, httpx.SyncByteStream)  # noqa: S101
                built.stream = Threaded(built.stream)
            try:
                response = await self._http.send(
                    built, stream=True, follow_redirects=False, auth=None
                )
                try:
                    return await self._received(request, response)
                finally:
                    await response.aclose()
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise no_answer(error) from error

    async def _received(self, request: Request, response: httpx.Response) -> Answer:
        if request.into is None or response.status_code != 200:
            return as_answer(response, await response.aread())
        with written(request.into) as file:
            async for chunk in response.aiter_bytes():
                await asyncio.to_thread(file.write, chunk)
        return as_answer(response, b"")

    send = Awaited(sending.send)
    send_url = Awaited(sending.send_url)
    send_batch = Awaited(sending.send_batch)
    wait_for_result = Awaited(sending.wait_for_result)
    reanalyze = Awaited(sending.reanalyze)
    begin_upload = Awaited(sending.begin_upload)
    complete_upload = Awaited(sending.complete_upload)

    images = AsyncListed(calls.images)
    image = Awaited(calls.image)
    original = Awaited(calls.original)
    analyses = AsyncListed(calls.analyses)
    image_analyses = AsyncListed(calls.image_analyses)
    image_submissions = AsyncListed(calls.image_submissions)
    analysis = Awaited(calls.analysis)
    mask = Awaited(calls.mask)
    signals = AsyncListed(calls.signals)
    signal = Awaited(calls.signal)
    evidence_files = AsyncListed(calls.evidence_files)
    evidence = Awaited(calls.evidence)
    evidence_content = Awaited(calls.evidence_content)
    report = Awaited(calls.report)
    report_pdf = Awaited(calls.report_pdf)
    fetches = AsyncListed(calls.fetches)
    fetch = Awaited(calls.fetch)
    uploads = AsyncListed(calls.uploads)
    upload = Awaited(calls.upload)

    cases = AsyncListed(calls.cases)
    case = Awaited(calls.case)
    claim = Awaited(reviewing.claim)
    claim_next = Awaited(reviewing.claim_next)
    release = Awaited(reviewing.release)
    skip = Awaited(reviewing.skip)
    decide = Awaited(reviewing.decide)
    undo = Awaited(reviewing.undo)
    reopen = Awaited(reviewing.reopen)
    hold = Awaited(reviewing.hold)
    resume = Awaited(reviewing.resume)
    escalate = Awaited(reviewing.escalate)
    assign = Awaited(reviewing.assign)
    comments = AsyncListed(calls.comments)
    comment = Awaited(reviewing.comment)
    appeals = AsyncListed(calls.appeals)
    appeal = Awaited(reviewing.appeal)
    get_appeal = Awaited(calls.get_appeal)
    decisions = AsyncListed(calls.decisions)
    decision = Awaited(calls.decision)

    policies = AsyncListed(calls.policies)
    policy = Awaited(calls.policy)
    policy_versions = AsyncListed(calls.policy_versions)
    policy_version = Awaited(calls.policy_version)
    queues = AsyncListed(calls.queues)
    queue = Awaited(calls.queue)
    audit = AsyncListed(calls.audit)
    audit_event = Awaited(calls.audit_event)
    models = AsyncListed(calls.models)
    model = Awaited(calls.model)
    banks = AsyncListed(administering.banks)
    bank = Awaited(administering.bank)
    bank_entries = AsyncListed(administering.bank_entries)
    bank_entry = Awaited(administering.bank_entry)
    add_bank_entry = Awaited(administering.add_bank_entry)
    delete_bank_entry = Awaited(administering.delete_bank_entry)

    events = AsyncListed(following.events)
    watch = AsyncListed(following.watch)
    endpoints = AsyncListed(hooking.endpoints)
    endpoint = Awaited(hooking.endpoint)
    create_endpoint = Awaited(hooking.create_endpoint)
    update_endpoint = Awaited(hooking.update_endpoint)
    delete_endpoint = Awaited(hooking.delete_endpoint)
    rotate_endpoint_secret = Awaited(hooking.rotate_endpoint_secret)
    send_test_event = Awaited(hooking.send_test_event)
    deliveries = AsyncListed(hooking.deliveries)
    delivery = Awaited(hooking.delivery)
    replay_delivery = Awaited(hooking.replay_delivery)
    replay_deliveries = Awaited(hooking.replay_deliveries)

    current_key = Awaited(administering.current_key)
    keys = AsyncListed(administering.keys)
    key = Awaited(administering.key)
    create_key = Awaited(administering.create_key)
    rotate_key = Awaited(administering.rotate_key)
    revoke_key = Awaited(administering.revoke_key)
    end_token = Awaited(administering.end_token)
    service_accounts = AsyncListed(administering.service_accounts)
    create_service_account = Awaited(administering.create_service_account)

    problem_types = AsyncListed(calls.problem_types)
    problem_type = Awaited(calls.problem_type)

    request = Awaited(calls.raw)
    listing = AsyncListed(calls.listing)

    async def send_folder(
        self, folder: folders.Folder, *, concurrency: int = 4
    ) -> folders.Report:
        """Send the pictures of a folder, so many at a time."""
        return await folders.send_async(self, folder, concurrency=concurrency)
