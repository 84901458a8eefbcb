"""What the command writes, and where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pixelwarden import __version__
from pixelwarden.cli import main
from pixelwarden.cli_output import Output, plain

SOURCES = Path(__file__).parents[1] / "src"


def test_progress_is_for_terminals_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Output(as_json=False).progress("1 sent")
    assert capsys.readouterr() == ("", "")

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    Output(as_json=True).progress("1 sent")
    assert capsys.readouterr() == ("", "")
    output = Output(as_json=False)
    output.progress("1 sent")
    output.line("a.jpg  image 1", {})
    out, err = capsys.readouterr()
    assert out == "a.jpg  image 1\n"
    assert err == "\r1 sent\r      \r"


def test_nothing_of_a_stranger_commands_the_terminal() -> None:
    assert plain("a\x1b]0;x\x07\u202e\nb ü") == "a\\x1b]0;x\\x07\\x202e\nb ü"


def test_the_command_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["--version"])
    assert raised.value.code == 0
    assert capsys.readouterr().out.strip() == __version__
    done = subprocess.run(
        (sys.executable, "-m", "pixelwarden", "--help"),
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "exit status" in done.stdout
