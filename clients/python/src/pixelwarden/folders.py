"""Sending all pictures of a folder: bounded, resumable, with an account of the rest."""

from __future__ import annotations

import asyncio
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pixelwarden.errors import ImageRefused, PixelwardenError
from pixelwarden.journal import Journal
from pixelwarden.protocol import Steps, Work
from pixelwarden.sending import send as send_one
from pixelwarden.sources import Source

if TYPE_CHECKING:
    from pixelwarden.methods import AsyncCarrier, Carrier

_BEGINNING = 32
_MOST_TOLD = 10_000  # files named in a report; the counts go on


@dataclass(frozen=True)
class File:
    """One file that was found.

    Attributes
    ----------
    name : str
        The path below the folder, with ``/``.
    """

    path: Path
    name: str
    size: int
    modified: int

    @property
    def mark(self) -> str:
        """Changes when the file does."""
        return f"{self.name}\0{self.size}\0{self.modified}"


@dataclass(frozen=True)
class Sent:
    """What became of one file.

    Attributes
    ----------
    outcome : str
        ``sent``, ``known`` (by the journal), ``skipped`` (no image), ``refused`` (by
        the server, for good) or ``failed`` (try again).
    detail : str
        Why, where it was not sent.
    """

    name: str
    outcome: str
    image: str = ""
    analysis: str = ""
    detail: str = ""


@dataclass
class Report:
    """What became of a folder.

    Attributes
    ----------
    counts : dict of str to int
        By outcome.
    problems : list of Sent
        Those that were skipped, refused or failed; the first 10,000.
    """

    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Sent] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left that another run could send."""
        return not self.counts.get("failed")

    def add(self, sent: Sent) -> None:
        """Count one file."""
        self.counts[sent.outcome] = self.counts.get(sent.outcome, 0) + 1
        if sent.detail and len(self.problems) < _MOST_TOLD:
            self.problems.append(sent)


Progress: TypeAlias = Callable[[Sent, Report], None]


@dataclass(frozen=True)
class Folder:
    """What to send, and how to keep account.

    Attributes
    ----------
    path : path
        Hidden files, and links to folders, are left out.
    journal : path, optional
        A file that remembers what was sent. Run again with the same one to go on.
    progress : callable, optional
        Called after each file with ``Sent`` and the ``Report`` so far; one call at a
        time, but not always in the same thread.
    context : dict, optional
        Sent with each picture; the path below the folder is the ``external_id``.
    """

    path: str | os.PathLike[str]
    journal: str | os.PathLike[str] | None = None
    progress: Progress | None = None
    context: dict[str, Any] | None = None


def send(client: Carrier, folder: Folder, *, concurrency: int) -> Report:
    """Send with so many threads; each takes the next file when it is done with one."""
    run = _Run(folder)

    def work() -> None:
        while (file := run.take()) is not None:
            run.done(file, client.carry_out(run.steps(file)))

    try:
        with ThreadPoolExecutor(max(1, concurrency)) as pool:
            workers = [pool.submit(work) for _ in range(max(1, concurrency))]
            try:
                for worker in workers:
                    worker.result()
            finally:
                run.stop()  # an error or Ctrl-C: the others end after their file
    finally:
        run.close()
    return run.report


async def send_async(
    client: AsyncCarrier, folder: Folder, *, concurrency: int
) -> Report:
    """Send with so many tasks."""
    run = await asyncio.to_thread(_Run, folder)

    async def work() -> None:
        while (file := await asyncio.to_thread(run.take)) is not None:
            run.done(file, await client.carry_out(run.steps(file)))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, concurrency)):
                group.create_task(work())
    finally:
        run.stop()
        run.close()
    return run.report


class _Run:
    """One walk through a folder, shared by workers."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        root = Path(folder.path)
        if not root.is_dir():
            raise NotADirectoryError(f"Expected a folder: {root}")
        self._journal = Journal(Path(folder.journal)) if folder.journal else None
        # Without a journal there is nothing to go on from.
        self._name = self._journal.name if self._journal else uuid.uuid4()
        self._files = _walk(
            root, leave_out=self._journal.path if self._journal else None
        )
        self._lock = threading.Lock()
        self._is_stopped = False
        self.report = Report()

    def take(self) -> File | None:
        """Return the next file that is to be sent."""
        while True:
            with self._lock:
                file = None if self._is_stopped else next(self._files, None)
            if file is None:
                return None
            known = self._journal.find(file.mark) if self._journal else None
            if known is None:
                return file
            self.done(file, Sent(file.name, "known", **known), is_new=False)

    def steps(self, file: File) -> Steps[Sent]:
        """Send one file; whatever is wrong with it stays with it."""
        try:
            source = yield Work(lambda: Source(file.path))
            beginning: bytes = yield Work(lambda: source.beginning(_BEGINNING))
            if not looks_like_image(beginning):
                return Sent(file.name, "skipped", detail="no image")
            image = yield from send_one(
                file.path,
                external_id=file.name if _fits(file.name) else None,
                context=self._folder.context,
                idempotency_key=str(uuid.uuid5(self._name, file.mark)),
            )
        except ImageRefused as error:
            return Sent(file.name, "refused", detail=f"{error.code}: {error.detail}")
        except (PixelwardenError, OSError) as error:
            return Sent(file.name, "failed", detail=str(error))
        analysis = image.analysis.id if image.analysis else ""
        return Sent(file.name, "sent", image=image.id, analysis=analysis)

    def done(self, file: File, sent: Sent, *, is_new: bool = True) -> None:
        """Put one file on account."""
        with self._lock:
            if self._journal and is_new and sent.outcome == "sent":
                self._journal.add(file.mark, image=sent.image, analysis=sent.analysis)
            self.report.add(sent)
            if self._folder.progress is not None:
                self._folder.progress(sent, self.report)

    def stop(self) -> None:
        """Let workers end after what they are at."""
        self._is_stopped = True

    def close(self) -> None:
        """Close the journal."""
        if self._journal:
            self._journal.close()


def _walk(root: Path, *, leave_out: Path | None) -> Iterator[File]:
    """Yield the files below a folder in a fixed order, one folder in memory at a time.

    What cannot be looked into is left out, as is what vanishes meanwhile.
    """
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        inner = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                inner.append(Path(entry.path))
            elif entry.is_file() and Path(entry.path) != leave_out:
                status = entry.stat()
                yield File(
                    Path(entry.path),
                    Path(entry.path).relative_to(root).as_posix(),
                    status.st_size,
                    status.st_mtime_ns,
                )
        folders.extend(reversed(inner))


def looks_like_image(beginning: bytes) -> bool:
    """Return whether a file begins as one of the formats that are analyzed."""
    if beginning.startswith(
        (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
    ):
        return True
    if beginning.startswith((b"II+\0", b"MM\0+")):  # BigTIFF
        return True
    is_webp = beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP"
    brands = (b"avif", b"avis", b"hei", b"hev", b"mif1", b"msf1")
    is_heif = beginning[4:8] == b"ftyp" and any(b in beginning[8:] for b in brands)
    return is_webp or is_heif


def _fits(name: str) -> bool:
    return len(name) <= 255 and name.isprintable()
