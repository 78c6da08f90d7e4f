"""Texts of unknown origin on a terminal: names in a database may hold whatever somebody put there."""

from __future__ import annotations

from rich.text import Text


def shown(text: str, style: str = "") -> Text:
    """Return ``text`` for a console, as it is: no markup is looked for, and control characters are spelled out."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return Text(text, style=style)
