"""sqlglot behind one door: a statement as a tree, for what tokens alone can't tell.

A tree is for looking, not for writing SQL: sqlglot's SQLite generator is not lossless, so that rewriting means splicing
the user's own text. Parsing takes a hundred times as long as reading tokens; do it once per text, in heliosdb_parse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._standard import sqlite3

if TYPE_CHECKING:
    from sqlglot import exp


def parse(sql: str) -> exp.Expr:
    """Return the tree of one statement in SQLite's dialect.

    :raises NotSupportedError: sqlglot can't read it, which does not mean that SQLite can't run it
    """
    import sqlglot

    try:
        return sqlglot.parse_one(sql, dialect="sqlite")
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise sqlite3.NotSupportedError(f"this statement can't be analysed ({first}): {sql!r}") from None
