"""Settings for Django's own tests on the backend that the environment names."""

from __future__ import annotations

import os

DATABASES = {alias: {"ENGINE": os.environ["PEERS_ENGINE"]} for alias in ("default", "other")}
TEST_RUNNER = "for_django.runner.Runner"
SECRET_KEY = "for tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = False
