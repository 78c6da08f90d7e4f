"""What all the tests of the workspace share: no test is judged by the time it takes."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("heliosdb", deadline=None)
settings.load_profile("heliosdb")
