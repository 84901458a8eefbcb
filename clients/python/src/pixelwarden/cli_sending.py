"""``pixelwarden send``: files, folders and addresses, and the verdicts if asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pixelwarden.errors import ConfigurationError, PixelwardenError
from pixelwarden.folders import Folder, Report, Sent
from pixelwarden.resources import Image

if TYPE_CHECKING:
    import argparse

    from pixelwarden.cli_output import Output
    from pixelwarden.client import Client
    from pixelwarden.resources import Analysis, Fetch

LEVELS = ("authentic", "inconclusive", "suspicious", "fake")
OK, FAILED, FLAGGED = 0, 1, 3


@dataclass
class _Run:
    client: Client
    options: argparse.Namespace
    output: Output
    has_failed: bool = False
    is_flagged: bool = False
    pending: list[tuple[str, Image | Fetch | str]] = field(default_factory=list)


def send(client: Client, options: argparse.Namespace, output: Output) -> int:
    """Send all that was named; wait for the verdicts if that was asked."""
    if options.external_id is not None and (
        len(options.what) > 1 or Path(options.what[0]).is_dir()
    ):
        raise ConfigurationError("--external-id is for one file or address.")
    run = _Run(client, options, output)
    for what in options.what:
        _send_one(run, what)
    if options.wait or options.fail_on:
        for name, pending in run.pending:
            _wait(run, name, pending)
    if run.is_flagged:
        return FLAGGED
    return FAILED if run.has_failed else OK


def _send_one(run: _Run, what: str) -> None:
    options = run.options
    sent: Image | Fetch
    try:
        if what.startswith(("https://", "http://")):
            sent = run.client.send_url(
                what, external_id=options.external_id, context=options.context
            )
        elif Path(what).is_dir():
            _send_folder(run, what)
            return
        else:
            sent = run.client.send(
                what, external_id=options.external_id, context=options.context
            )
    except ConfigurationError:
        raise
    except (PixelwardenError, OSError) as error:
        run.output.error(error, name=what)
        run.has_failed = True
        return
    _note(run, what, sent)


def _note(run: _Run, what: str, sent: Image | Fetch) -> None:
    run.pending.append((what, sent))
    if run.options.wait or run.options.fail_on:
        return
    analysis = sent.analysis if isinstance(sent, Image) else None
    words = f"{what}  {type(sent).__name__.lower()} {sent.id}"
    words += f"  analysis {analysis.id}" if analysis else ""
    run.output.line(words, dict(sent.raw) | {"source": what})


def _send_folder(run: _Run, what: str) -> None:
    waits = run.options.wait or run.options.fail_on

    def progress(sent: Sent, report: Report) -> None:
        if sent.detail:
            run.output.error(f"{sent.outcome}: {sent.detail}", name=sent.name)
        elif waits:
            run.pending.append((f"{what}/{sent.name}", sent.analysis or sent.image))
        elif sent.outcome == "sent":
            words = f"{what}/{sent.name}  image {sent.image}  analysis {sent.analysis}"
            run.output.line(
                words,
                {
                    "source": f"{what}/{sent.name}",
                    "id": sent.image,
                    "analysis": sent.analysis,
                },
            )
        run.output.progress(f"{what}: {_counted(report)} ... {sent.name}")

    report = run.client.send_folder(
        Folder(
            what,
            journal=run.options.journal,
            progress=progress,
            context=run.options.context,
        ),
        concurrency=run.options.concurrency,
    )
    run.output.line(
        f"{what}: {_counted(report)}", {"source": what, "counts": report.counts}
    )
    # What is no image is left out, as said; what the server could not take is missed.
    if report.counts.get("failed") or report.counts.get("refused"):
        run.has_failed = True


def _counted(report: Report) -> str:
    counts = sorted(report.counts.items())
    return ", ".join(f"{count} {outcome}" for outcome, count in counts) or "nothing"


def _wait(run: _Run, name: str, pending: Image | Fetch | str) -> None:
    run.output.progress(f"waiting for {name}")
    try:
        analysis = run.client.wait_for_result(pending, timeout=run.options.wait_timeout)
    except PixelwardenError as error:
        run.output.error(error, name=name)
        run.has_failed = True
        return
    run.output.analysis(analysis, with_reasons=False, name=name)
    run.has_failed |= analysis.status == "failed"
    run.is_flagged |= is_flagged(analysis, run.options.fail_on)


def is_flagged(analysis: Analysis, level: str | None) -> bool:
    """Return whether a verdict is as bad as a level, or worse."""
    return level is not None and analysis.verdict in LEVELS[LEVELS.index(level) :]
