"""Values of settings: taken as they stand, or refused with the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import BASE_DIR, PREFIX, Environment
from config.storage import file_storages

if TYPE_CHECKING:
    from pathlib import Path

S3 = {"STORAGE": "s3", "S3_BUCKET": "originals"}
DOLLAR_KEY = "$ecret-abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJ"


def read(**variables: str) -> Environment:
    """Read settings given without their prefix."""
    return Environment.read({PREFIX + n: value for n, value in variables.items()})


def read_database(url: str, data_dir: Path) -> dict[str, object]:
    return Environment.read({"DATABASE_URL": url}).database(data_dir)


def test_a_dollar_sign_is_an_ordinary_character(tmp_path: Path) -> None:
    keys = {"S3_ACCESS_KEY_ID": "$id", "S3_SECRET_ACCESS_KEY": "$abc"}

    storage = file_storages(read(**S3, **keys), tmp_path)["default"]["OPTIONS"]

    assert (storage["access_key"], storage["secret_key"]) == ("$id", "$abc")
    assert read(SECRET_KEY=DOLLAR_KEY).secret_key(tmp_path) == DOLLAR_KEY
    with pytest.raises(ImproperlyConfigured, match="MAX_UPLOAD_BYTES is '\\$FOO'"):
        read(MAX_UPLOAD_BYTES="$FOO").number("MAX_UPLOAD_BYTES", 5, least=1, most=9)


@pytest.mark.parametrize(
    "url",
    [
        "garbage",
        "$X",
        "postgres",
        "postgres://",
        "postgres://user:pa55word@host",
        "postgres://user:pa55word@host:notaport/name",
        "postgres://user:pa55word/word@host/name",
        "postgres://user:pa55word@host:123456/name",
        "postgres://[::1/name",
        "mysql://user:pa55word@host/name",
        "sqlite://",
        "sqlite:///",
        "sqlite://:memory:",
        "sqlite:///:memory:",
        "sqlite://file.sqlite3",
        "sqlite:////not/there/file.sqlite3",
        "sqlite:////",
        "postgres://user:pa55word@host:" + "9" * 5000 + "/name",
    ],
)
def test_unusable_database_is_refused_with_the_remedy(tmp_path: Path, url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read_database(url, tmp_path)

    assert "DATABASE_URL cannot be used" in str(refused.value)
    assert "postgres://user:password@host:5432/name" in str(refused.value)
    assert "pa55word" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_sqlite_files_are_the_same_for_every_process(tmp_path: Path) -> None:
    absolute = f"sqlite:///{tmp_path}/one.sqlite3"

    assert read_database(absolute, tmp_path)["NAME"] == tmp_path / "one.sqlite3"
    relative = read_database("sqlite:///one.sqlite3", tmp_path)
    assert relative["NAME"] == BASE_DIR / "one.sqlite3"


def test_folders_are_the_same_for_every_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = read(MODEL_STORE="stores/models")

    folder = environment.folder("MODEL_STORE", "models_store")

    assert folder == BASE_DIR / "stores/models"
    assert environment.folder("DATA_DIR", "var") == BASE_DIR / "var"


def test_absurdly_long_number_is_refused_in_short() -> None:
    environment = read(MAX_PIXELS="9" * 5000)

    with pytest.raises(ImproperlyConfigured, match="whole number from 1 to 9") as told:
        environment.number("MAX_PIXELS", 5, least=1, most=9)

    assert len(str(told.value)) < 200


@pytest.mark.parametrize(
    "hosts", ["*", " , ", "https://a.example", "a.example:443", "a.example,b c"]
)
def test_unsafe_host_names_are_refused(hosts: str) -> None:
    environment = read(ENV="production", ALLOWED_HOSTS=hosts)

    with pytest.raises(ImproperlyConfigured, match=r"such as review\.example\.org"):
        environment.hosts()


def test_host_names_addresses_and_subdomains_are_taken() -> None:
    environment = read(ENV="production", ALLOWED_HOSTS="a.example,.b.example,[::1]")

    assert environment.hosts() == ["a.example", ".b.example", "[::1]"]


@pytest.mark.parametrize(
    "origin",
    ["review.example.org", "https://", "ftp://a.example", "https://a.example/"],
)
def test_origin_that_django_cannot_match_is_refused(origin: str) -> None:
    environment = read(CSRF_TRUSTED_ORIGINS=f"https://fine.example,{origin}")

    with pytest.raises(ImproperlyConfigured, match=r"https://review\.example\.org"):
        environment.origins()


def test_origins_are_taken() -> None:
    origins = ["https://a.example", "https://*.b.example", "http://localhost:8000"]

    assert read(CSRF_TRUSTED_ORIGINS=",".join(origins)).origins() == origins


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"S3_ENDPOINT_URL": "foo"}, "S3_ENDPOINT_URL is 'foo'"),
        ({"S3_ENDPOINT_URL": "https://[x"}, "S3_ENDPOINT_URL"),
        ({"S3_ACCESS_KEY_ID": "id"}, "Only one of"),
        ({"S3_SECRET_ACCESS_KEY": "secret"}, "Only one of"),
        ({"S3_BUCKET": "x"}, "at least 3"),
        ({"S3_BUCKET": "a/b/c"}, "S3_BUCKET is 'a/b/c'"),
    ],
)
def test_half_an_s3_configuration_is_refused(
    tmp_path: Path, variables: dict[str, str], words: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=words):
        file_storages(read(**(S3 | variables)), tmp_path)


def test_data_folder_that_is_a_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for name in ("file", "file/below"):
        with pytest.raises(ImproperlyConfigured, match="PIXELWARDEN_DATA_DIR to a"):
            read(DATA_DIR=str(tmp_path / name)).data_folder()


def test_development_key_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "development-secret-key").mkdir()

    with pytest.raises(ImproperlyConfigured, match=r"data folder .* cannot be used"):
        read().secret_key(tmp_path)


@pytest.mark.parametrize("value", ["exiftool", "bin/exiftool", "yes", ""])
def test_a_program_is_a_whole_path_or_a_word(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EXIFTOOL is"):
        read(EXIFTOOL=value).program("EXIFTOOL")


@pytest.mark.parametrize("value", ["auto", "none", "/opt/exiftool/exiftool"])
def test_a_programs_setting_is_taken(value: str) -> None:
    assert read(EXIFTOOL=value).program("EXIFTOOL") == value
    assert read().program("EXIFTOOL") == "auto"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "maps.example.org",
        "javascript:alert({latitude}{longitude})",
        "https://maps.example.org/?at={latitude}",
        "https://maps.example.org/{latitude}/{longitude}/{user}",
    ],
)
def test_a_map_without_both_coordinates_is_refused(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MAP_URL is"):
        read(MAP_URL=address).map_address()


def test_a_map_is_taken_or_left_out() -> None:
    address = "https://maps.example.org/?at={latitude},{longitude}"
    assert read(MAP_URL=address).map_address() == address
    assert read(MAP_URL="none").map_address() == ""
    assert "openstreetmap.org" in read().map_address()
