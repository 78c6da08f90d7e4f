"""What a plugin adds to SQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Syntax:
    """The words by which a plugin's SQL is recognised. All are compared without regard to case.

    >>> Syntax(words=("as of",)).words
    ('AS OF',)
    """

    words: tuple[str, ...] = ()
    """Trigger words: heliosdb_parse sees the texts that contain one. Without any, and none watched, it sees
    every text."""
    watched: tuple[str, ...] = ()
    """Words for which heliosdb_parse is called too, and which any plugin may watch: ``CREATE``, ``DROP`` ..."""
    column_types: tuple[str, ...] = ()
    """Words of a column's declared type that mean something to the plugin: ``VECTOR``, ``ENCRYPTED``."""
    clauses: tuple[str, ...] = ()
    """Phrases the plugin adds to statements: ``ADD SYSTEM VERSIONING``, ``CREATE BRANCH``."""
    functions: tuple[str, ...] = ()
    """SQL functions the plugin defines."""

    def __post_init__(self) -> None:
        for name in ("words", "watched", "column_types", "clauses", "functions"):
            given = getattr(self, name)
            if isinstance(given, str):  # which would be taken for its letters
                raise TypeError(f"Syntax({name}={given!r}): give a tuple: ({given!r},)")
            if "" in given:
                raise TypeError(f"Syntax({name}={given!r}): an empty word would be found in every text")
        for name in ("words", "watched", "column_types", "clauses"):
            object.__setattr__(self, name, tuple(word.upper() for word in getattr(self, name)))
        object.__setattr__(self, "functions", tuple(name.lower() for name in self.functions))
