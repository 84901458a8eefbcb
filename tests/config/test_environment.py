"""Settings: what is unknown or unsafe refuses to start, with the remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import KNOWN, PREFIX, Environment, development_key
from config.storage import file_storages
from tests.installation import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = "vN3-abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJ"
PRODUCTION = {
    "ENV": "production",
    "SECRET_KEY": SECRET,
    "ALLOWED_HOSTS": "review.example.org",
    "BEHIND_PROXY": "true",
}


def start(tmp_path: Path, variables: Mapping[str, str], *command: str) -> Any:
    """Run a management command under these settings alone."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith((PREFIX, "COV_", "DATABASE_URL"))
    }
    settings = {"DATA_DIR": str(tmp_path / "data")} | dict(variables)
    return subprocess.run(
        (sys.executable, str(ROOT / "manage.py"), *command),
        env=kept
        | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        | {
            name if name == "DATABASE_URL" else PREFIX + name: value
            for name, value in settings.items()
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ALOWED_HOSTS": "x"}, ["Unknown setting PIXELWARDEN_ALOWED_HOSTS", "Known"]),
        ({"ENV": "prod"}, ["'prod'", "'development' or 'production'"]),
        ({"ENV": "production"}, ["SECRET_KEY is not set", "at least 50 characters"]),
        (PRODUCTION | {"ALLOWED_HOSTS": ""}, ["ALLOWED_HOSTS is not set"]),
        (PRODUCTION | {"SECRET_KEY": "s" * 60}, ["too easy to guess"]),
        ({"SECRET_KEY": "short"}, ["too easy to guess", "at least 50"]),
        ({"MAX_PIXELS": "many"}, ["MAX_PIXELS is 'many'", "whole number from"]),
        ({"MAX_UPLOAD_BYTES": "-1"}, ["MAX_UPLOAD_BYTES is '-1'"]),
        ({"LEASE_SECONDS": "0"}, ["LEASE_SECONDS is '0'", "from 1 to"]),
        ({"CNN_ENGINE": "onnx"}, ["CNN_ENGINE is 'onnx'", "litert, tensorflow"]),
        ({"STORAGE": "s3"}, ["S3_BUCKET is not set", "STORAGE is s3"]),
        ({"STORAGE": "ftp"}, ["STORAGE is 'ftp'", "local, s3"]),
        ({"LOG_LEVEL": "LOUD"}, ["LOG_LEVEL is 'LOUD'"]),
        ({"DATABASE_URL": "mysql://u:p@h/n"}, ["DATABASE_URL", "postgres://"]),
        ({"DATABASE_URL": "garbage"}, ["DATABASE_URL", "postgres://"]),
        ({"DATA_DIR": "/dev/null"}, ["data folder /dev/null", "DATA_DIR"]),
        ({"BEHIND_PROXY": "maybe"}, ["BEHIND_PROXY is 'maybe'", "'true' or"]),
        ({"CSRF_TRUSTED_ORIGINS": "a.example"}, ["'a.example'", "https://"]),
        (PRODUCTION | {"ALLOWED_HOSTS": "*"}, ["ALLOWED_HOSTS holds '*'"]),
        (PRODUCTION | {"BEHIND_PROXY": "yes"}, ["BEHIND_PROXY is 'yes'", "'true' or"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_refuses_to_start_and_says_what_to_do(
    tmp_path: Path, variables: dict[str, str], words: list[str]
) -> None:
    done = start(tmp_path, variables, "diffsettings")

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_production_passes_every_deployment_check(tmp_path: Path) -> None:
    done = start(tmp_path, PRODUCTION, "check", "--deploy", "--fail-level", "ERROR")

    assert done.returncode == 0, done.stderr
    assert "security." not in done.stderr


def test_demo_password_does_not_pass_in_production(tmp_path: Path) -> None:
    unsafe = PRODUCTION | {"DEMO_PASSWORD": "correct horse battery staple"}

    done = start(tmp_path, unsafe, "check")

    assert done.returncode != 0
    assert "DEMO_PASSWORD is set in production" in done.stderr


def test_development_key_is_random_private_and_kept(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "key", tmp_path / "b" / "key"

    assert development_key(one) == development_key(one) != development_key(other)
    assert len(development_key(one)) >= 50
    assert one.stat().st_mode & 0o077 == 0


def test_secret_key_of_the_environment_wins(tmp_path: Path) -> None:
    environment = Environment.read({"PIXELWARDEN_SECRET_KEY": SECRET})

    assert environment.secret_key(tmp_path) == SECRET
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["true", "1", " True "])
def test_flags_read_true(value: str) -> None:
    environment = Environment.read({"PIXELWARDEN_BEHIND_PROXY": value})

    assert environment.flag("BEHIND_PROXY", default=False)


def test_lists_are_read_without_blanks() -> None:
    environment = Environment.read({"PIXELWARDEN_ALLOWED_HOSTS": " a.example , ,b "})

    assert environment.names("ALLOWED_HOSTS") == ["a.example", "b"]


def test_sqlite_is_the_default_in_wal_mode(tmp_path: Path) -> None:
    database = Environment.read({}).database(tmp_path)

    assert database["NAME"] == tmp_path / "pixelwarden.sqlite3"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_postgresql_by_address(tmp_path: Path) -> None:
    variables = {"DATABASE_URL": "postgres://anna:secret@db.example.org:5433/warden"}

    database = Environment.read(variables).database(tmp_path)

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"]) == ("db.example.org", 5433)
    assert database["CONN_HEALTH_CHECKS"]


def test_local_files_have_no_public_address(tmp_path: Path) -> None:
    storage = file_storages(Environment.read({}), tmp_path)["default"]

    assert storage["OPTIONS"]["base_url"] is None
    assert storage["OPTIONS"]["location"] == tmp_path / "files"


def test_unknown_name_is_refused_before_anything_else() -> None:
    with pytest.raises(ImproperlyConfigured, match="PIXELWARDEN_TYPO"):
        Environment.read({"PIXELWARDEN_TYPO": "1", "PIXELWARDEN_ENV": "nonsense"})


def test_what_the_python_client_reads_does_not_disturb_the_server() -> None:
    Environment.read({"PIXELWARDEN_URL": "http://a.example", "PIXELWARDEN_KEY": "pw_1"})


def test_operators_guide_documents_every_setting() -> None:
    guide = (ROOT / "docs/operators-guide.md").read_text()

    missing = [name for name in KNOWN if f"`{PREFIX}{name}`" not in guide]
    assert missing == []
