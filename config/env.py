"""Typed readers of the environment. Whatever is unknown or unsafe refuses to start."""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

PREFIX = "PIXELWARDEN_"
CLIENT = frozenset({"URL", "KEY"})  # of clients/python, in the same shell as a server
BASE_DIR = Path(__file__).resolve().parent.parent
MIN_SECRET_LENGTH = 50
MIN_DIFFERENT = 10
LONGEST_NUMBER = 20
# What Django itself can match with a Host header; a leading dot takes in subdomains.
HOST = re.compile(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]", re.IGNORECASE)
ORIGIN = re.compile(
    r"https?://(\*\.)?([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?", re.IGNORECASE
)
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
# Nothing is sent there unless a person follows the link.
OPENSTREETMAP = (
    "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"
    "#map=16/{latitude}/{longitude}"
)
POSTGRES = frozenset({"postgres", "postgresql", "psql", "pgsql"})

# Every variable the product reads, with what it is for. Anything else that starts
# with the prefix is a typing mistake and refuses to start.
KNOWN: Mapping[str, str] = {
    "ENV": "development (default) or production",
    "SECRET_KEY": "signing key, at least 50 characters; required in production",
    "ALLOWED_HOSTS": "comma-separated host names; required in production",
    "CSRF_TRUSTED_ORIGINS": "comma-separated origins, https://review.example.org",
    "BEHIND_PROXY": "trust X-Forwarded-Proto and -For of your proxy (false)",
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
    "LOCALIZER": "localizing network, name, name@version or none (forgery-localizer)",
    "EXIFTOOL": "ExifTool's path, auto (default) to look for it, or none",
    "MAP_URL": "address of a map, with {latitude} and {longitude}, or none",
    "C2PA_TRUST_LIST": "PEM file of believed signers, or none (trust_lists/c2pa.pem)",
    "LEASE_SECONDS": "a worker silent for this long has lost its analysis (30)",
    "ANALYSIS_TIME_LIMIT": "seconds after which an analysis is given up (300)",
    "MAX_ATTEMPTS": "tries before an analysis is failed (3)",
    "FETCH_URLS": "true: the API takes the address of a picture, too (false)",
    "OUTBOUND_SCHEMES": "of webhooks, pictures by URL: https, or https,http (https)",
    "OUTBOUND_PORTS": "ports that such requests may go to (80,443,8080,8443)",
    "OUTBOUND_NETWORKS": "your own networks that they may reach, 10.20.0.0/16 (none)",
    "SECRET_KEY_FALLBACKS": "comma-separated earlier signing keys, still understood",
    "REQUIRE_MFA": "who needs a second factor: none (default), staff or all",
    "OIDC_SERVER_URL": "your OpenID Connect provider, to sign in with it; empty: none",
    "OIDC_CLIENT_ID": "what the provider calls this installation",
    "OIDC_CLIENT_SECRET": "the secret that the provider gave you for it",
    "OIDC_NAME": "what the button is called (Single sign-on)",
    "OIDC_DOMAINS": "comma-separated domains of e-mail addresses that may enter (all)",
    "OIDC_GROUP": "group of accounts made for unknown people; empty: none are made",
    "EVENT_DAYS": "days for which events and their deliveries are kept (30)",
    "LOG_LEVEL": "DEBUG, INFO (default), WARNING or ERROR",
    "DEMO_PASSWORD": "password of the demo users; random when not set",
}


@dataclass(frozen=True, slots=True)
class Environment:
    """Reads ``PIXELWARDEN_*`` and ``DATABASE_URL`` with types and remedies."""

    source: Mapping[str, str]
    is_production: bool

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> "Environment":
        """Check the names, then settle which kind of installation this is."""
        source = dict(os.environ if variables is None else variables)
        refuse_unknown(source)
        kind = source.get(f"{PREFIX}ENV", "development")
        if kind not in {"development", "production"}:
            raise ImproperlyConfigured(
                f"{PREFIX}ENV is {kind!r}; use 'development' or 'production'."
            )
        return cls(source=source, is_production=kind == "production")

    def text(self, name: str, default: str = "") -> str:
        """Read a string as it stands: nothing in it is replaced or expanded."""
        return self.source.get(PREFIX + name, default)

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
            or len(value) > LONGEST_NUMBER
            or not (least <= int(value) <= most)
        ):
            raise ImproperlyConfigured(
                f"{PREFIX}{name} is {value[:40]!r}; use a whole number from "
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

    def hosts(self) -> list[str]:
        """Read ``ALLOWED_HOSTS``: names, without scheme and port."""
        if self.is_production:
            self.required("ALLOWED_HOSTS", because="this is production")
        hosts = self.names("ALLOWED_HOSTS")
        wrong = [h for h in hosts if not HOST.fullmatch(h)]
        if wrong or (self.is_production and not hosts):
            raise ImproperlyConfigured(
                f"{PREFIX}ALLOWED_HOSTS holds {', '.join(map(repr, wrong)) or 'none'}; "
                "use host names such as review.example.org, without scheme and port. "
                "'*' would take any name."
            )
        return hosts

    def origins(self) -> list[str]:
        """Read ``CSRF_TRUSTED_ORIGINS``: scheme and host, nothing behind them."""
        origins = self.names("CSRF_TRUSTED_ORIGINS")
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise ImproperlyConfigured(
                    f"{PREFIX}CSRF_TRUSTED_ORIGINS holds {origin!r}; "
                    "use origins such as https://review.example.org."
                )
        return origins

    def folder(self, name: str, default: str) -> Path:
        """Read a folder; a relative one lies beside ``manage.py`` for every process."""
        return BASE_DIR / (self.text(name) or default)

    def program(self, name: str) -> str:
        """Read an absolute path of a program, ``auto`` or ``none``."""
        value = self.text(name, "auto").strip()
        if value not in {"auto", "none"} and not Path(value).is_absolute():
            raise ImproperlyConfigured(
                f"{PREFIX}{name} is {value!r}; use 'auto', 'none' or an absolute path."
            )
        return value

    def map_address(self) -> str:
        """Read ``MAP_URL``: a web address with both coordinates in it; or empty."""
        value = self.text("MAP_URL", OPENSTREETMAP).strip()
        if value == "none":
            return ""
        places = sorted(set(re.findall(r"\{(.*?)\}", value)))
        if places != ["latitude", "longitude"] or not _is_web_address(value):
            raise ImproperlyConfigured(
                f"{PREFIX}MAP_URL is {value!r}; use 'none', or an address that holds "
                f"{{latitude}} and {{longitude}} and nothing else in braces, such as "
                f"{OPENSTREETMAP}."
            )
        return value

    def file(self, name: str, default: str) -> Path | None:
        """Read a file's path as :meth:`folder` does; ``none`` is no file."""
        given = self.text(name) or default
        return None if given == "none" else BASE_DIR / given

    def data_folder(self) -> Path:
        """Read ``DATA_DIR``, and make the folder when it is not there."""
        path = self.folder("DATA_DIR", "var")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _no_data_folder(path, error) from error
        return path

    def database(self, data_dir: Path) -> dict[str, Any]:
        """Read ``DATABASE_URL`` (SQLite in WAL mode, or PostgreSQL)."""
        url = self.source.get("DATABASE_URL", "")
        if not url:
            return _sqlite(data_dir / "pixelwarden.sqlite3")
        scheme, mark, _ = url.partition("://")
        if not mark or scheme not in {"sqlite"} | POSTGRES:
            raise _bad_database("it names no database that is supported")
        config = _parsed(url)
        if scheme == "sqlite":
            return _sqlite(_sqlite_file(str(config["NAME"])))
        if not config["NAME"]:
            raise _bad_database("the name of the database is missing")
        return config | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

    def endpoint(self) -> str | None:
        """Read the address of an S3-compatible service; None is AWS."""
        address = self.text("S3_ENDPOINT_URL")
        if address and not _is_web_address(address):
            raise ImproperlyConfigured(
                f"{PREFIX}S3_ENDPOINT_URL is {address!r}; use an address such as "
                "https://s3.example.org, or leave it empty for AWS."
            )
        return address or None

    def bucket(self) -> str:
        """Read the name of the S3 bucket."""
        name = self.required("S3_BUCKET", because="STORAGE is s3")
        if not BUCKET.fullmatch(name):
            raise ImproperlyConfigured(
                f"{PREFIX}S3_BUCKET is {name!r}; a bucket's name has at least 3 "
                "letters, digits, dots, hyphens or underscores."
            )
        return name

    def s3_keys(self) -> tuple[str | None, str | None]:
        """Read the access key and its secret: both, or neither."""
        access, secret = (
            self.text("S3_ACCESS_KEY_ID"),
            self.text("S3_SECRET_ACCESS_KEY"),
        )
        if bool(access) != bool(secret):
            raise ImproperlyConfigured(
                f"Only one of {PREFIX}S3_ACCESS_KEY_ID and "
                f"{PREFIX}S3_SECRET_ACCESS_KEY is set. Set both, or neither for the "
                "machine's own role."
            )
        return access or None, secret or None

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
        if key:
            return key
        try:
            return development_key(data_dir / "development-secret-key")
        except OSError as error:
            raise _no_data_folder(data_dir, error) from error


SQLITE: Mapping[str, Any] = {
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
        ),
    },
}


def _sqlite(name: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, **SQLITE}


def _parsed(url: str) -> dict[str, Any]:
    if url.startswith("sqlite:") and urlsplit(url).netloc:
        raise _bad_database("a third slash is missing after sqlite:")
    try:
        config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    except ValueError:
        # Not chained: the parser's message may hold a part of the password.
        raise _bad_database("its host or port cannot be read") from None
    return config


def _sqlite_file(name: str) -> Path:
    if name == ":memory:":
        raise _bad_database("each process would get an empty database of its own")
    path = BASE_DIR / name
    if path.is_dir() or not path.parent.is_dir():
        raise _bad_database(f"{path} is no file in a folder that is there")
    return path


def _bad_database(why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"DATABASE_URL cannot be used: {why}. Use sqlite:////folder/file.sqlite3 "
        "(four slashes: an absolute path) or postgres://user:password@host:5432/name, "
        "with %-codes for special characters in the password."
    )


def _no_data_folder(path: Path, error: OSError) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"The data folder {path} cannot be used: {error.strerror or error}. Set "
        f"{PREFIX}DATA_DIR to a folder that this user may write to."
    )


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def refuse_unknown(source: Mapping[str, str]) -> None:
    """Refuse a ``PIXELWARDEN_`` variable that nothing reads."""
    unknown = sorted(
        name
        for name in source
        if name.startswith(PREFIX)
        and name.removeprefix(PREFIX) not in KNOWN.keys() | CLIENT
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
