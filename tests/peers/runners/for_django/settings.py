"""Settings for Django's own tests on the backend that the environment names."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

DATABASES = {alias: {"ENGINE": os.environ["PEERS_ENGINE"]} for alias in ("default", "other")}
TEST_RUNNER = "for_django.runner.Runner"
SECRET_KEY = "for tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = False

# Django's tests of manage.py ask where a backend's package is. "heliosdb", which distributions share, has no file.
package = importlib.import_module(os.environ["PEERS_ENGINE"].partition(".")[0])
if package.__file__ is None:
    package.__file__ = str(Path(next(iter(package.__path__)), "__init__.py"))
