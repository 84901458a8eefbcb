"""Settings for tests: the real ones, on a throw-away folder, with cheap passwords."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Whatever the shell of the developer says about an installation must not leak in.
for _name in [name for name in os.environ if name.startswith("PIXELWARDEN_")]:
    del os.environ[_name]
_FOLDER = Path(tempfile.mkdtemp(prefix="pixelwarden-tests-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
os.environ["PIXELWARDEN_DATA_DIR"] = str(_FOLDER)

from config.settings import *  # noqa: E402, F403  # needs the folder named above
from config.settings import DATABASES, LOGGING  # noqa: E402  # same

SECRET_KEY = "tests-only-" + "x" * 60
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGGING = LOGGING | {"root": {"handlers": ["console"], "level": "WARNING"}}

# A file and not memory: live servers and heartbeats write from threads of their own.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(_FOLDER / "tests.sqlite3")}
