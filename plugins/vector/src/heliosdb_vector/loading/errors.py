"""What the ways to load an extension tell each other."""

from __future__ import annotations


class UnavailableError(Exception):
    """This way can't be taken here; the message says why."""
