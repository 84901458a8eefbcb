"""The ExifTool process: one for many files, renewed when lost, never waited for."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forensics.analysis.metadata.tag_reader import TagReaderMissingError
from forensics.analysis.metadata.tag_sheet import read_sheet
from forensics.analysis.pipeline import AnalysisOptions, build_pipeline
from forensics.analysis.types import Finding, FindingStatus, Report
from forensics.exiftool import ExifTool, is_safe
from forensics.exiftool.process import StayOpenProcess
from tests.exiftool import require_exiftool, stand_in
from tests.images import camera_exif, jpeg, photo_like
from tests.installation import ROOT, wait_for

PICTURE = jpeg(photo_like(3, (96, 80)), exif=camera_exif())
Started = Callable[..., ExifTool]


@pytest.fixture
def started() -> Iterator[Started]:
    """Make readers that are ended with the test."""
    readers = []

    def start(executable: str = "", **options: float) -> ExifTool:
        readers.append(ExifTool(executable or require_exiftool(), **options))
        return readers[-1]

    yield start
    for reader in readers:
        reader.close()


def report_of(reader: ExifTool, data: bytes = PICTURE) -> Report:
    return build_pipeline(AnalysisOptions(tag_reader=reader)).analyze(data)


def metadata_of(report: Report) -> Finding:
    return next(f for f in report.findings if f.analyzer == "metadata")


def tag_count(reader: ExifTool) -> int:
    sheet = read_sheet(reader.read(PICTURE).tags)
    assert sheet is not None
    return len(sheet.tags)


def test_one_process_reads_many_files(started: Started) -> None:
    reader = started()
    counts, numbers = set(), set()
    for _ in range(5):
        counts.add(tag_count(reader))
        numbers.add(reader.pid)
    assert len(counts) == len(numbers) == 1
    assert is_safe(reader.version)


def test_the_version_stands_in_the_report(started: Started) -> None:
    reader = started()
    report = report_of(reader)
    assert report.codecs["exiftool"] == reader.version
    assert report.parameters["tag_reader"] == "exiftool"
    reading = metadata_of(report).data["reader"]
    assert isinstance(reading, dict)
    assert (reading["state"], reading["version"]) == ("read", reader.version)


def test_a_process_killed_between_files_is_replaced(started: Started) -> None:
    reader = started()
    before = tag_count(reader)
    killed = reader.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)

    assert tag_count(reader) == before
    assert reader.pid != killed


def test_a_stopped_process_is_given_up_in_time_and_replaced(started: Started) -> None:
    reader = started(seconds=1.0)
    before = tag_count(reader)
    stopped = reader.pid
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)

    begun = time.monotonic()
    report = report_of(reader)

    assert time.monotonic() - begun < 20
    assert "took too long" in metadata_of(report).summary
    assert not report.is_partial
    assert not Path(f"/proc/{stopped}/cmdline").exists()
    assert tag_count(reader) == before


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("exit 1", "ended unexpectedly"),
        ("sleep 60", "took too long"),
        ("yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "too long to be"),
        ('printf "no JSON\\n{ready$mark}\\n"', "could not be read"),
        ('printf "[[[[{ready$mark}\\n"', "could not be read"),
    ],
    ids=["dies", "hangs", "floods", "talks nonsense", "leaves it open"],
)
def test_a_misbehaving_program_costs_only_its_own_tags(
    then: str, words: str, started: Started, tmp_path: Path
) -> None:
    # As root the limit on processes does not hold, so that sh may start sleep and yes.
    if os.geteuid() and then.startswith(("sleep", "yes")):
        then = "while :; do echo aaaaaaaaaaaaaaaa; done" if "yes" in then else "read x"
    reader = started(stand_in(tmp_path, then=then), seconds=3.0)

    report = report_of(reader)

    finding = metadata_of(report)
    assert finding.status is FindingStatus.OK
    assert words in finding.summary
    assert "EXIF photo" in finding.data["groups"]  # type: ignore[operator]  # a table
    assert "metadata_stripped" not in finding.codes


def test_without_exiftool_the_own_reading_stays_and_says_so(started: Started) -> None:
    report = report_of(started("/nowhere/exiftool"))
    finding = metadata_of(report)
    assert "ExifTool is not installed" in finding.summary
    assert "exiftool" not in report.codecs
    assert finding.data["reader"]["state"] == "missing"  # type: ignore[index,call-overload]
    assert "EXIF photo" in finding.data["groups"]  # type: ignore[operator]


def test_the_verdict_is_the_same_with_and_without(started: Started) -> None:
    with_it, without = report_of(started()), report_of(started("/nowhere/exiftool"))
    assert (with_it.score, with_it.reasons) == (without.score, without.reasons)
    codes = [metadata_of(report).codes for report in (with_it, without)]
    assert codes[0] == codes[1]


@pytest.mark.parametrize("version", ["12.23", "8.60", "", "x; rm -rf", "12"])
def test_a_version_with_known_holes_is_not_used(
    version: str, started: Started, tmp_path: Path
) -> None:
    reader = started(stand_in(tmp_path, version=version))
    with pytest.raises(TagReaderMissingError):
        reader.read(PICTURE)
    with pytest.raises(TagReaderMissingError, match="a moment ago"):
        reader.read(PICTURE)
    assert reader.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
def test_the_process_may_write_no_file_and_inherits_nothing(
    started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".ExifTool_config").write_text("die 'read by ExifTool';")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EXIFTOOL_HOME", str(tmp_path))
    monkeypatch.setenv("PERL5OPT", "-MNoSuchModule")
    reader = started()
    assert tag_count(reader) > 20
    limits = Path(f"/proc/{reader.pid}/limits").read_text()
    for name in ("Max file size", "Max core file size", "Max processes"):
        line = next(line for line in limits.splitlines() if line.startswith(name))
        assert line.removeprefix(name).split()[:2] == ["0", "0"], name
    surroundings = Path(f"/proc/{reader.pid}/environ").read_bytes()
    assert b"PERL5OPT" not in surroundings
    assert b"DJANGO" not in surroundings


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux ends a process with its parent"
)
def test_a_killed_worker_leaves_no_process_behind() -> None:
    require_exiftool()
    script = (
        "import os, signal; from forensics.exiftool import ExifTool;"
        "from tests.images import jpeg; r = ExifTool(); r.read(jpeg());"
        "print(r.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    pid = int(ended.stdout)
    wait_for(lambda: not Path(f"/proc/{pid}/cmdline").exists() or _is_dead(pid))


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] in {"Z", "X"}
    except FileNotFoundError:
        return True


def test_a_reader_copied_into_a_child_starts_its_own_process(started: Started) -> None:
    reader = started()
    tag_count(reader)
    assert reader._process is not None
    reader._process.owner = -1  # what a child of fork sees: another's process
    mine = reader._process
    tag_count(reader)
    assert reader._process is not mine
    mine.owner = os.getpid()
    mine.end()


def test_nothing_of_a_picture_stays_in_the_scratch_file(started: Started) -> None:
    reader = started()
    reader.read(PICTURE)
    assert reader._process is not None
    assert os.fstat(reader._process._file.fileno()).st_size == 0
    assert os.fstat(reader._process._file.fileno()).st_nlink == 0


def test_a_full_disk_costs_only_its_tags(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = started()
    before = tag_count(reader)

    def full(_process: object, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(StayOpenProcess, "show", full)
        report = report_of(reader)

    assert not report.is_partial
    assert "No space left on device" in metadata_of(report).summary
    assert tag_count(reader) == before
