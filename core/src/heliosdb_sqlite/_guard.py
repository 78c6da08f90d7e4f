"""Feature syntax on a connection that can't honour it: an error that says how to get it, never a wrong result.

Two cases. SQLite accepts ``VECTOR(3)``, ``TEXT ENCRYPTED`` and ``ADD SYSTEM VERSIONING``, and means something else:
these are refused before they run. Everything else a plugin adds (``AS OF TIMESTAMP``, ``CREATE BRANCH``,
``vector_distance()``) SQLite refuses by itself: its error is kept and completed. Strings, comments, quoted names,
aliases and functions of the same name are left alone. So is a file that SQLite can't read because it is encrypted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Sequence
from typing import Any

from ._bare_cursor import bare_cursor
from ._catalogue import FEATURES, SILENT, Feature
from ._errors import MissingPlugin
from ._standard import sqlite3
from .sql.ddl import Column, table_definition
from .sql.lexer import scan
from .sql.script import split_script

_NO_FUNCTION = re.compile(r"no such function: (\w+)")
_NO_DATABASE = "file is not a database"
ENCRYPTED = b"HeliosDB"
"""What a file begins with whose pages are sealed."""
_NEAR = re.compile(r'near "(.+)": syntax error', re.DOTALL)


def check(sql: str, active: Container[str] = ()) -> None:
    """Refuse a statement that SQLite would accept and misunderstand.

    :param active: names of the plugins that are switched on: theirs is no error
    :raises MissingPlugin: a column type or clause belongs to a plugin that is not
    """
    if (definition := table_definition(sql)) is None:
        return
    for column in definition.columns:
        words = [word.word for word in column.type_words]
        for feature in FEATURES:
            if feature.name not in active and (word := _claimed(feature, words, bool(column.type_arguments))):
                raise MissingPlugin(
                    f"column {column.name.name!r} of table {definition.table!r} is declared {column.type_text}, "
                    f"which SQLite would accept and ignore: {word} {feature.way_out}"
                )
        if _adds_system_versioning(sql, column):
            feature = next(feature for feature in FEATURES if "ADD SYSTEM VERSIONING" in feature.clauses)
            if feature.name not in active:
                raise MissingPlugin(
                    f"ADD SYSTEM VERSIONING would give table {definition.table!r} a column named SYSTEM: "
                    f"system versioning {feature.way_out}"
                )


def _claimed(feature: Feature, words: Sequence[str], has_arguments: bool) -> str | None:
    """Return the word of a declared type that belongs to the feature."""
    if has_arguments and len(words) == 1 and words[0] in feature.sized_types:
        return words[0]
    return next((word for word in words if word in feature.column_types), None)


def _adds_system_versioning(sql: str, column: Column) -> bool:
    """Return whether a column is no column: ADD SYSTEM VERSIONING, perhaps WITH (...), and nothing a column has."""
    words = [word.word for word in column.type_words]
    if column.name.word != "SYSTEM" or words[:1] != ["VERSIONING"]:
        return False
    before = [token.word for token in scan(sql) if token.end <= column.name.start]
    bare = not (words[1:] or column.type_arguments or column.constraints)
    return before[-1] == "ADD" and (bare or words[1:2] == ["WITH"])


def check_script(script: object, active: Container[str] = ()) -> None:
    """Do for each statement of a script what :func:`check` does for one.

    :raises MissingPlugin: as :func:`check` does, before any statement of the script has run
    """
    if not isinstance(script, str):
        return  # the standard library's own TypeError comes next
    folded = script.upper()
    if any(word in folded for word in SILENT):
        for statement in split_script(script):
            check(statement, active)


def explain(connection: Any, sql: str, error: sqlite3.DatabaseError, active: Container[str] = ()) -> None:
    """Complete SQLite's error message, in place, when what it stumbled over belongs to a plugin that is off.

    Class, ``sqlite_errorcode`` and the beginning of the text stay as SQLite gave them.
    """
    message = str(error)
    if message == _NO_DATABASE:
        if (path := _encrypted(connection)) is not None:
            feature = next(feature for feature in FEATURES if "encryption_key" in feature.options)
            error.args = (f"{message}: {path!r} is encrypted, which {feature.way_out}",)
    elif match := _NO_FUNCTION.search(message):
        for feature in FEATURES:
            if match[1].lower() in feature.sql_functions and feature.name not in active:
                error.args = (f"{message}: {match[1]}() {feature.way_out}",)
    elif match := _NEAR.fullmatch(message):
        for statement in split_script(sql):
            # A string or a quoted name is no word of a clause.
            words = [token.word for token in scan(statement)]
            for feature in FEATURES:
                phrase = _stumbling_block(feature, words, match[1].upper())
                if phrase is not None and feature.name not in active:
                    error.args = (f"{message}: {phrase} {feature.way_out}",)
                    return


def _encrypted(connection: Any) -> str | None:
    """Return the path of the connection's first database that is an encrypted file; None when there is none."""
    try:
        for _, _, path in bare_cursor(connection).execute("PRAGMA database_list").fetchall():
            with open(path, "rb") as file:  # bytes where text_factory says so
                if file.read(len(ENCRYPTED)) == ENCRYPTED:
                    return os.fsdecode(path)
    except Exception:  # noqa: BLE001, S110 - SQLite's own error is what there is to tell
        pass
    return None


def _stumbling_block(feature: Feature, words: Sequence[str], near: str) -> str | None:
    """Return the feature's phrase that stands in a statement and has the word that SQLite did not expect."""
    for clause in feature.clauses + feature.statements:
        phrase = clause.split()
        starts = [0] if clause in feature.statements else range(len(words) - len(phrase) + 1)
        if near in phrase and any(words[start : start + len(phrase)] == phrase for start in starts):
            return clause
    return near if near in feature.column_types and words[:1] in (["CREATE"], ["ALTER"]) else None
