"""Sending folders, by the library and by the command."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pixelwarden import AsyncClient, Client, ConfigurationError, Folder, Report, Sent
from pixelwarden.cli import main
from pixelwarden.folders import looks_like_image

from tests.images import FORMATS, encode, jpeg, photo_like
from tests.installation import Installation

pytestmark = pytest.mark.processes


def fill(folder: Path, *, seed: int) -> None:
    (folder / "inner").mkdir(parents=True)
    for number in range(4):
        target = folder / ("inner" if number % 2 else ".") / f"{number} ü.jpg"
        target.write_bytes(jpeg(photo_like(seed + number, (96, 80))))
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and nothing more")
    (folder / ".hidden.jpg").write_bytes(b"hidden")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")


def test_a_folder_is_sent_and_the_rest_accounted_for(
    client: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    fill(folder, seed=200)
    seen: list[Sent] = []

    def progress(sent: Sent, report: Report) -> None:
        seen.append(sent)

    report = client.send_folder(Folder(folder, progress=progress), concurrency=3)

    assert report.counts == {"sent": 4, "skipped": 1, "refused": 1}
    assert {one.name for one in report.problems} == {"notes.txt", "broken.jpg"}
    assert len(seen) == 6
    found = list(client.images(external_id="inner/1 ü.jpg"))
    assert len(found) == 1


def test_a_run_that_was_cut_off_goes_on_by_its_journal(
    client: Client, tmp_path: Path
) -> None:
    folder, journal = tmp_path / "pictures", tmp_path / "journal.jsonl"
    fill(folder, seed=210)

    def cut_off(sent: Sent, report: Report) -> None:
        if sent.outcome == "sent":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.send_folder(
            Folder(folder, journal=journal, progress=cut_off), concurrency=1
        )
    with journal.open("a") as file:
        file.write('{"mark": "torn')  # as a crash leaves it

    second = client.send_folder(Folder(folder, journal=journal), concurrency=2)
    assert (second.counts["known"], second.counts["sent"]) == (1, 3)
    (folder / "0 ü.jpg").write_bytes(jpeg(photo_like(219, (96, 80))))
    third = client.send_folder(Folder(folder, journal=journal))
    assert (third.counts["known"], third.counts["sent"]) == (3, 1)
    for line in journal.read_text().splitlines():
        assert "torn" in line or json.loads(line)


def test_each_picture_arrives_once_though_the_server_is_killed_meanwhile(
    server: Installation, client: Client, tmp_path: Path
) -> None:
    for number in range(16):
        data = jpeg(photo_like(300 + number, (320, 240)))
        (tmp_path / f"killed-{number}.jpg").write_bytes(data)
    kills = iter([2, 6, 10])
    due = next(kills)

    def kill(sent: Sent, report: Report) -> None:
        nonlocal due
        if report.counts["sent"] == due:
            os.kill(max(server.processes("gunicorn")), signal.SIGKILL)
            due = next(kills, 99)

    report = client.send_folder(Folder(tmp_path, progress=kill), concurrency=4)

    assert report.counts == {"sent": 16}
    counted = "FROM forensics_submission WHERE external_id LIKE 'killed-%'"
    images = server.query(f"SELECT count(DISTINCT image_id) {counted}")
    assert images == [(16,)]


def test_a_file_that_is_no_journal_is_left_alone(
    client: Client, tmp_path: Path
) -> None:
    other = tmp_path / "a.txt"
    other.write_text("dear diary\n")
    with pytest.raises(ConfigurationError, match="no journal"):
        client.send_folder(Folder(tmp_path, journal=other))
    assert other.read_text() == "dear diary\n"


def test_no_more_are_under_way_than_was_said(misbehaving: Any, tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number}.jpg").write_bytes(b"\xff\xd8\xff%d" % number)
    lock, now, most = threading.Lock(), 0, 0

    def answer(handler: Any) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.05)
        with lock:
            now -= 1
        body = b'{"id": "i", "analysis": null}'
        handler.send_response(202)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    misbehaving.plan = [answer] * 24

    async def use() -> Report:
        async with AsyncClient(misbehaving.url, "pw_a") as client:
            return await client.send_folder(Folder(tmp_path), concurrency=3)

    assert asyncio.run(use()).counts == {"sent": 12}
    with Client(misbehaving.url, "pw_a") as client:
        assert client.send_folder(Folder(tmp_path), concurrency=3).counts["sent"] == 12
    assert 2 <= most <= 3


@pytest.mark.parametrize("format_name", FORMATS)
def test_what_the_server_takes_is_not_skipped(format_name: str) -> None:
    assert looks_like_image(encode(photo_like(1, (64, 48)), format_name)[:32])


@pytest.fixture
def run(
    server: Installation,
    key_of: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("PIXELWARDEN_URL", server.url)
    monkeypatch.setenv("PIXELWARDEN_KEY", key_of("moderator"))

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_the_command_sends_waits_and_says_how_it_went(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(jpeg(photo_like(230, (96, 80))))

    code, out, _ = run("send", "--json", str(file))
    image = json.loads(out)
    assert code == 0
    code, out, _ = run("result", image["id"])
    assert code == 0
    assert image["analysis"]["id"] in out
    assert run("result", image["id"], "--fail-on", "authentic")[0] == 3
    assert run("send", str(file), "--fail-on", "authentic")[0] == 3
    code, out, _ = run("images", f"sha256={image['sha256']}")
    assert (code, out.count("\n")) == (0, 1)
    target = tmp_path / "r.pdf"
    assert run("report", image["analysis"]["id"], "-o", str(target))[0] == 0
    assert target.read_bytes().startswith(b"%PDF")


def test_the_command_fails_with_words_and_goes_on_with_the_others(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    good, bad = tmp_path / "a.jpg", tmp_path / "b\x1b[31m.txt"
    good.write_bytes(jpeg(photo_like(231, (96, 80))))
    bad.write_text("text")

    code, out, err = run("send", str(bad), str(tmp_path / "none"), str(good))
    assert code == 1
    assert "not_an_image" in err
    assert "\x1b" not in err
    assert "No such file" in err
    assert "a.jpg" in out
    code, _, err = run("cases", "nonsense=1", "--json")
    assert code == 1
    assert json.loads(err)["problem"]["errors"][0]["parameter"] == "nonsense"


def test_the_command_sends_folders(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    fill(folder, seed=240)
    journal = str(tmp_path / "j")
    code, out, err = run("send", str(folder), "--journal", journal, "--json")
    assert code == 1  # one was refused
    assert json.loads(out.splitlines()[-1])["counts"]["sent"] == 4
    assert "\r" not in err  # no terminal
    code, out, _ = run("send", str(folder), "--journal", journal, "--wait")
    assert out.count("(completed)") == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["send"],
        ["send", "a.jpg", "--context", "[]"],
        ["cases", "open"],
        ["cases", "--limit", "0"],
    ],
)
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2


def test_a_missing_key_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIXELWARDEN_KEY", raising=False)
    assert main(["cases", "--url", "http://127.0.0.1:1"]) == 2
