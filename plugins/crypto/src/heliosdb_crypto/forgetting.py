"""Keys dropped from the memory of a process."""

from __future__ import annotations

from .keys.wrapping import forget_derived
from .vfs.layer import forget_idle_layers


def forget_keys() -> None:
    """Drop the keys that this process remembers: given, derived from passphrases, or unwrapped from files.

    Open connections keep theirs. The next connect() derives them anew. Python may have copies of them elsewhere in its
    memory until that is used again.
    """
    forget_derived()
    forget_idle_layers()
