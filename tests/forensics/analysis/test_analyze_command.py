"""``manage.py analyze`` as its users run it: files in, lines out, an exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.analyzers import ANALYZERS
from tests.images import encode, jpeg, photo_like, png

ROOT = Path(__file__).resolve().parents[3]


def run(
    *arguments: str | Path, jsonl: bool = True, errors: StringIO | None = None
) -> tuple[int, list[str]]:
    """Run the command in this process; pytest-django forbids it any database."""
    out = StringIO()
    flags = ("--jsonl",) if jsonl else ()
    status: str | int | None = 0
    words = [*map(str, arguments), *flags]
    try:
        call_command("analyze", *words, stdout=out, stderr=errors or StringIO())
    except SystemExit as end:
        status = end.code
    return int(status or 0), out.getvalue().splitlines()


def lines(*arguments: str | Path) -> tuple[int, list[dict[str, Any]]]:
    status, found = run(*arguments)
    return status, [json.loads(line) for line in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures good and bad, in a folder with a folder."""
    inside = tmp_path / "pictures"
    (inside / "deeper").mkdir(parents=True)
    (inside / "a.jpg").write_bytes(jpeg())
    (inside / "b.png").write_bytes(png(texts={"Software": "GIMP 2.10"}))
    (inside / "c.jpg").write_bytes(jpeg()[:500])
    (inside / "d.txt").write_text("no picture", encoding="utf-8")
    (inside / "deeper" / "e.webp").write_bytes(encode(photo_like(2), "WEBP"))
    return inside


def test_a_line_has_the_documented_fields(folder: Path) -> None:
    status, (line,) = lines(folder / "a.jpg")
    assert status == 0
    assert set(line) == {
        "path", "sha256", "format", "width", "height", "verdict", "score", "signals",
        "models", "uncertainty", "pipeline_version", "elapsed_ms",
    }  # fmt: skip
    names = [signal["name"] for signal in line["signals"]]
    assert names == ANALYZERS
    for signal in line["signals"]:
        assert set(signal) == {"name", "status", "score", "summary", "codes"}
        assert signal["status"] in {"ok", "not_applicable", "failed"}


def test_one_bad_input_is_one_line_and_the_rest_goes_on(folder: Path) -> None:
    status, found = lines(folder)
    assert status == 2
    assert [Path(line["path"]).name for line in found] == [
        "a.jpg", "b.png", "c.jpg", "d.txt",
    ]  # fmt: skip
    codes = [line["error"]["code"] if "error" in line else None for line in found]
    assert codes == [None, None, "truncated", "not_an_image"]
    assert set(found[2]) == {"path", "error"}
    assert set(found[2]["error"]) == {"code", "detail"}
    assert found[1]["signals"][1]["codes"] == ["editing_software"]


def test_folders_in_folders_are_entered_on_demand(folder: Path) -> None:
    _, found = lines("--recursive", folder)
    assert [Path(line["path"]).name for line in found][-1] == "e.webp"
    assert len(found) == 5


def test_what_cannot_be_read_is_a_line_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    status, found = lines(tmp_path, tmp_path / "missing.jpg", "a\x00b")
    assert status == 2
    assert [line["error"]["code"] for line in found] == ["unreadable"] * 4


def test_links_in_circles_end(folder: Path) -> None:
    (folder / "deeper" / "circle").symlink_to(folder)
    _, found = lines("--recursive", folder)
    assert len(found) == 5


def test_a_link_to_itself_is_a_line_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "a-loop").symlink_to("a-loop")
    for flags in ((), ("--recursive",)):
        status, found = lines(*flags, folder)
        assert status == 2
        assert found[0]["error"]["code"] == "unreadable"
        assert Path(found[1]["path"]).name == "a.jpg"
        assert found[1]["format"] == "JPEG"
    _, (line,) = lines(folder / "a-loop")
    assert line["error"]["code"] == "unreadable"


def test_an_empty_path_is_refused_instead_of_meaning_the_current_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(CommandError, match="a path is empty"):
        run("a.jpg", "")


def test_a_folder_without_files_of_its_own_is_named_on_standard_error(
    tmp_path: Path,
) -> None:
    (tmp_path / "deeper").mkdir()
    for flags, hint in (((), "--recursive looks"), (("--recursive",), "no files.")):
        errors = StringIO()
        assert run(*flags, tmp_path, errors=errors) == (0, [])
        assert str(tmp_path) in errors.getvalue()
        assert hint in errors.getvalue()
    (tmp_path / "deeper" / "a.jpg").write_bytes(jpeg())
    errors = StringIO()
    _, found = run("--recursive", tmp_path, errors=errors)
    assert (len(found), errors.getvalue()) == (1, "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_and_folder_are_lines(folder: Path) -> None:
    (folder / "a.jpg").chmod(0)
    (folder / "deeper").chmod(0)
    _, found = lines("--recursive", folder)
    (folder / "deeper").chmod(0o700)
    codes = [line["error"]["code"] for line in found if "error" in line]
    assert codes.count("unreadable") == 2


def test_a_file_over_the_limit_is_not_read_whole(tmp_path: Path, settings: Any) -> None:
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(settings.MAX_UPLOAD_BYTES + 1)
    _, (line,) = lines(large)
    assert line["error"]["code"] == "too_many_bytes"


def test_names_that_are_no_text_are_shown_escaped(tmp_path: Path) -> None:
    name = os.path.join(os.fsencode(tmp_path), b"x\xff\n\x1b[2J.png")  # noqa: PTH118
    with open(name, "wb") as file:  # noqa: PTH123 - Path takes no bytes
        file.write(png(photo_like(1, (64, 64))))
    _, (line,) = lines(tmp_path)
    assert line["path"].endswith("x\\xff\\n\\x1b[2J.png")
    _, shown = run(tmp_path, jsonl=False)
    assert "\x1b" not in "".join(shown)


def test_the_report_for_people_gives_verdict_and_reasons(folder: Path) -> None:
    status, shown = run(folder / "b.png", folder / "c.jpg", jsonl=False)
    text = "\n".join(shown)
    assert status == 2
    assert "SUSPICIOUS" in text
    assert "The file names editing software" in text
    assert "NOT ANALYZED  truncated" in text


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "analyze", *map(str, arguments)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_lines_come_one_by_one_and_a_reader_may_leave(folder: Path) -> None:
    many = [folder / "a.jpg"] * 400
    with start("--jsonl", *many) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        assert process.poll() is None, "the first line came only at the end"
        process.stdout.close()
        errors = process.stderr.read()
    assert json.loads(first)["format"] == "JPEG"
    assert process.returncode == 2
    assert b"Traceback" not in errors


def test_a_run_needs_no_database_and_keeps_its_memory(folder: Path) -> None:
    (folder / "c.jpg").unlink()
    (folder / "d.txt").unlink()
    grown = 0
    with start("--jsonl", *[folder] * 60) as process:
        assert process.stdout is not None
        sizes = []
        for _ in process.stdout:
            status = Path(f"/proc/{process.pid}/statm")
            if status.exists():
                sizes.append(int(status.read_text().split()[1]))
    assert process.returncode == 0
    assert len(sizes) >= 100
    grown = max(sizes[-20:]) - max(sizes[20:40])
    assert grown * os.sysconf("SC_PAGE_SIZE") < 24 * 1024 * 1024
