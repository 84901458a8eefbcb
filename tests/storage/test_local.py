"""Originals on a local disk: whole or not there, whoever writes and whoever dies."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from forensics.exceptions import StorageError
from forensics.files import store_once

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTES_32_MB = bytes(range(256)) * 131_072
NAME = "originals/ab/cd/abcd.jpg"
ROOT = Path(__file__).resolve().parents[2]
# What an installation does with one original of 8 MB, on a disk that takes one MB.
STORE_ON_A_SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
from django.conf import settings
from config.env import Environment
from config.storage import file_storages

settings.configure(STORAGES=file_storages(Environment.read({}), Path(sys.argv[1])))
from forensics.files import store_once

if sys.argv[2] == "dies":
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
store_once(sys.argv[3], bytes(8_000_000))
"""


@pytest.fixture
def files_folder(files_folder: Path) -> Iterator[Path]:
    """Do not keep a hundred megabytes as pytest would."""
    yield files_folder
    for path in files_in(files_folder):
        path.unlink()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def store_in_another_process(data_dir: Path, then: str) -> str:
    """Return what the process that runs into the end of the disk said, if it could."""
    done = subprocess.run(
        [sys.executable, "-c", STORE_ON_A_SMALL_DISK, data_dir, then, NAME],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


def test_no_call_returns_before_the_name_holds_all_bytes(files_folder: Path) -> None:
    delays = 0.0, 0.01, 0.02  # each comes while those before it write
    together = Barrier(len(delays))

    def store(name: str, delay: float) -> bool:
        together.wait(timeout=30)
        time.sleep(delay)
        store_once(name, BYTES_32_MB)
        path = files_folder / name  # reading it all would give the others time
        return path.exists() and path.stat().st_size == len(BYTES_32_MB)

    names = [f"{number}.jpg" for number in range(6)]
    whole: list[bool] = []
    with ThreadPoolExecutor(len(delays)) as pool:
        for name in names:
            whole += pool.map(store, [name] * len(delays), delays)

    assert all(whole), f"{whole.count(False)} of {len(whole)} calls returned too early"
    assert all((files_folder / name).read_bytes() == BYTES_32_MB for name in names)
    assert sorted(path.name for path in files_in(files_folder)) == names


def test_a_reader_never_sees_half_of_a_file_that_replaces_another(
    files_folder: Path,
) -> None:
    old, new = b"o" * 1000, BYTES_32_MB
    store_once(NAME, old)
    path = Path(default_storage.path(NAME))

    seen = set()
    with ThreadPoolExecutor(1) as pool:
        storing = pool.submit(store_once, NAME, new)
        while not storing.done():
            seen.add(path.stat().st_size)  # raises where the name is gone meanwhile
        storing.result()

    assert seen <= {len(old), len(new)}
    assert path.read_bytes() == new


def test_a_writer_that_dies_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    store_in_another_process(tmp_path, "dies")

    (leftover,) = files_in(tmp_path)
    assert leftover.parent.name == "unfinished"
    assert 0 < leftover.stat().st_size < 8_000_000


def test_a_disk_that_is_full_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    said = store_in_another_process(tmp_path, "lives")

    assert "StorageError: The file storage did not take originals/ab/cd" in said
    assert "File too large" in said
    assert files_in(tmp_path) == []


def test_what_dead_writers_left_is_removed_by_a_later_write(
    files_folder: Path,
) -> None:
    store_once("originals/1.jpg", b"first")
    old, young = (files_folder / "unfinished" / f"{name}.part" for name in "ab")
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))

    store_once("originals/2.jpg", b"second")

    assert not old.exists()
    assert young.exists()  # whoever writes it may be alive


def test_bytes_that_are_there_are_not_written_again(files_folder: Path) -> None:
    store_once(NAME, b"the same")
    before = (files_folder / NAME).stat()

    store_once(NAME, b"the same")

    assert (files_folder / NAME).stat().st_ino == before.st_ino


def test_files_and_folders_are_closed_to_others(files_folder: Path) -> None:
    store_once(NAME, b"private")

    for path in files_folder.rglob("*"):
        wanted = 0o640 if path.is_file() else 0o750
        assert stat.S_IMODE(path.stat().st_mode) == wanted


def test_a_name_cannot_lead_out_of_the_folder(files_folder: Path) -> None:
    with pytest.raises(StorageError):
        store_once("../outside.jpg", b"bytes")
    assert not (files_folder.parent / "outside.jpg").exists()


def test_text_and_bytes_are_taken_as_django_takes_them(files_folder: Path) -> None:
    assert default_storage.save("a/text", ContentFile("für")) == "a/text"
    assert default_storage.save("a/text", ContentFile(b"bytes")) == "a/text"
    with default_storage.open("a/text", "rb") as file:
        assert file.read() == b"bytes"
