"""For the tests of plugins: everything here works with any test runner, and needs nothing that HeliosDB does not need.

``registered`` and ``Recorder`` register a plugin for a while and record which hooks ran; ``crash`` kills a program at a
point of the test's choosing and ``assert_intact`` looks at what it left; ``forked`` runs a function in a forked child.
:mod:`.dropin` checks that with the plugin on every connection, HeliosDB still is sqlite3. :mod:`.fixtures` is for
pytest.
"""

from __future__ import annotations

from .crashing import assert_intact, crash, crash_point, crash_points
from .forking import forked
from .recorder import Event, Recorder
from .registering import registered

__all__ = [
    "Event",
    "Recorder",
    "assert_intact",
    "crash",
    "crash_point",
    "crash_points",
    "forked",
    "registered",
]
