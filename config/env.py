"""Typed readers of the environment. Whatever is unknown or unsafe refuses to start."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

PREFIX = "PIXELWARDEN_"
MIN_SECRET_LENGTH = 50
MIN_DIFFERENT = 10

# Every variable the product reads, with what it is for. Anything else that starts
# with the prefix is a typing mistake and refuses to start.
KNOWN: Mapping[str, str] = {
    "ENV": "development (default) or production",
    "SECRET_KEY": "signing key, at least 50 characters; required in production",
    "ALLOWED_HOSTS": "comma-separated host names; required in production",
    "CSRF_TRUSTED_ORIGINS": "comma-separated origins, https://review.example.org",
    "BEHIND_PROXY": "trust X-Forwarded-Proto of a TLS-terminating proxy (false)",
    "DATA_DIR": "folder of the SQLite file, local files and the development key",
    "STORAGE": "local (default) or s3",
    "S3_BUCKET": "bucket name; required with STORAGE=s3",
    "S3_ENDPOINT_URL": "address of an S3-compatible service; empty for AWS",
    "S3_REGION": "region name",
    "S3_ACCESS_KEY_ID": "access key; empty for the machine's own role",
    "S3_SECRET_ACCESS_KEY": "secret key; empty for the machine's own role",
    "MAX_UPLOAD_BYTES": "largest accepted file, bytes (67108864)",
    "MAX_PIXELS": "largest accepted picture, width x height (120000000)",
    "CNN_ENGINE": "litert (default) or tensorflow",
    "MODEL_STORE": "folder of the models (models_store beside manage.py)",
    "LEASE_SECONDS": "a worker silent for this long has lost its analysis (30)",
    "ANALYSIS_TIME_LIMIT": "seconds after which an analysis is given up (300)",
    "MAX_ATTEMPTS": "tries before an analysis is failed (3)",
    "LOG_LEVEL": "DEBUG, INFO (default), WARNING or ERROR",
    "DEMO_PASSWORD": "password of the demo users; random when not set",
}


@dataclass(frozen=True, slots=True)
class Environment:
    """Reads ``PIXELWARDEN_*`` and ``DATABASE_URL`` with types and remedies."""

    env: environ.Env
    is_production: bool

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> "Environment":
        """Check the names, then settle which kind of installation this is."""
        source = dict(os.environ if variables is None else variables)
        refuse_unknown(source)
        reader = environ.Env()
        reader.ENVIRON = source
        kind = source.get(f"{PREFIX}ENV", "development")
        if kind not in {"development", "production"}:
            raise ImproperlyConfigured(
                f"{PREFIX}ENV is {kind!r}; use 'development' or 'production'."
            )
        return cls(env=reader, is_production=kind == "production")

    def text(self, name: str, default: str = "") -> str:
        """Read a string."""
        return str(self.env.str(PREFIX + name, default=default))

    def flag(self, name: str, *, default: bool) -> bool:
        """Read true/false, and nothing else."""
        value = self.text(name, str(default)).strip().lower()
        if value not in {"true", "false", "1", "0"}:
            raise ImproperlyConfigured(
                f"{PREFIX}{name} is {value!r}; use 'true' or 'false'."
            )
        return value in {"true", "1"}

    def names(self, name: str) -> list[str]:
        """Read a comma-separated list, without blanks."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Read a whole number within bounds."""
        value = self.text(name, str(default)).strip()
        if (
            not value.isascii()
            or not value.isdigit()
            or not (least <= int(value) <= most)
        ):
            raise ImproperlyConfigured(
                f"{PREFIX}{name} is {value!r}; use a whole number from "
                f"{least} to {most}."
            )
        return int(value)

    def choice(self, name: str, *choices: str) -> str:
        """Read one of ``choices``; the first is the default."""
        value = self.text(name, choices[0])
        if value not in choices:
            raise ImproperlyConfigured(
                f"{PREFIX}{name} is {value!r}; use one of: {', '.join(choices)}."
            )
        return value

    def required(self, name: str, *, because: str) -> str:
        """Read a string that must be there."""
        value = self.text(name)
        if not value:
            raise ImproperlyConfigured(
                f"{PREFIX}{name} is not set, but {because}. Set it to: {KNOWN[name]}."
            )
        return value

    def database(self, data_dir: Path) -> dict[str, Any]:
        """Read ``DATABASE_URL`` (SQLite in WAL mode, or PostgreSQL)."""
        if not self.env.str("DATABASE_URL", default=""):
            name = data_dir / "pixelwarden.sqlite3"
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, **SQLITE}
        config: dict[str, Any] = dict(self.env.db_url("DATABASE_URL"))
        engine = config["ENGINE"]
        if engine == "django.db.backends.sqlite3":
            return config | dict(SQLITE)
        if engine == "django.db.backends.postgresql":
            return config | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
        raise ImproperlyConfigured(
            f"DATABASE_URL names {engine or 'no known engine'}; use "
            "sqlite:///path/to/file.sqlite3 or postgres://user:password@host/name."
        )

    def secret_key(self, data_dir: Path) -> str:
        """Read the signing key; in development make one, kept in the data folder."""
        key = self.text("SECRET_KEY")
        if key and (len(key) < MIN_SECRET_LENGTH or len(set(key)) < MIN_DIFFERENT):
            raise ImproperlyConfigured(
                f"{PREFIX}SECRET_KEY is too easy to guess; use at least "
                f"{MIN_SECRET_LENGTH} random characters."
            )
        if not key and self.is_production:
            return self.required("SECRET_KEY", because="this is production")
        return key or development_key(data_dir / "development-secret-key")


SQLITE: Mapping[str, Any] = {
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
        ),
    },
}


def refuse_unknown(source: Mapping[str, str]) -> None:
    """Refuse a ``PIXELWARDEN_`` variable that nothing reads."""
    unknown = sorted(
        name
        for name in source
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in KNOWN
    )
    if unknown:
        raise ImproperlyConfigured(
            f"Unknown setting {', '.join(unknown)}. Known are: "
            f"{', '.join(PREFIX + name for name in KNOWN)}."
        )


def development_key(path: Path) -> str:
    """Return the key in ``path``, made at random on the first start."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent)  # readable by the owner only
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(60))
        # A link appears whole or not at all, and never replaces another's.
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
        Path(part).unlink()
    return path.read_text()
