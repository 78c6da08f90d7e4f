"""For the tests of plugins: register one for a while, and record which hooks ran."""

from __future__ import annotations

from .recorder import Event, Recorder
from .registering import registered

__all__ = ["Event", "Recorder", "registered"]
