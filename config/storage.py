"""Where files live: local disk, or any S3 API through django-storages."""

from pathlib import Path
from typing import Any

from config.env import Environment

# An object that is read lies in memory up to here, and beyond in a nameless file.
MOST_IN_MEMORY = 4 * 1024 * 1024


def file_storages(environment: Environment, data_dir: Path) -> dict[str, Any]:
    """Return Django's ``STORAGES`` for the chosen back end."""
    static = (
        "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if environment.is_production
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    kind = environment.choice("STORAGE", "local", "s3")
    default = _s3(environment) if kind == "s3" else _local(data_dir)
    return {"default": default, "staticfiles": {"BACKEND": static}}


def _local(data_dir: Path) -> dict[str, Any]:
    # No base_url: a file is reached through a view that checks permissions, or not.
    return {
        "BACKEND": "forensics.storage.WholeFileStorage",
        "OPTIONS": {
            "location": data_dir / "files",
            "base_url": None,
            "file_permissions_mode": 0o640,
            "directory_permissions_mode": 0o750,
        },
    }


def _s3(environment: Environment) -> dict[str, Any]:
    from botocore.config import Config  # noqa: PLC0415 # only S3 pays for it

    access_key, secret_key = environment.s3_keys()
    options = {
        "bucket_name": environment.bucket(),
        "endpoint_url": environment.endpoint(),
        "region_name": environment.text("S3_REGION") or None,
        "access_key": access_key,
        "secret_key": secret_key,
        # None is sent: buckets made since 2023 are private, and refuse any ACL.
        "default_acl": None,
        "querystring_auth": True,
        "file_overwrite": True,
        "max_memory_size": MOST_IN_MEMORY,
        # A service out of reach must not hold a request for minutes.
        "client_config": Config(
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
