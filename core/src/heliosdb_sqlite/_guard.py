"""Feature syntax on a connection that can't honour it: an error that says how to get it, never a wrong result.

Two cases. SQLite accepts ``VECTOR(3)``, ``TEXT ENCRYPTED`` and ``ADD SYSTEM VERSIONING``, and means something else:
these are refused before they run. Everything else a plugin adds (``AS OF TIMESTAMP``, ``CREATE BRANCH``,
``vector_distance()``) SQLite refuses by itself: its error is kept and completed. Strings, comments, quoted names,
aliases and functions of the same name are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Container

from ._catalogue import FEATURES, SILENT, Feature
from ._errors import MissingPlugin
from ._standard import sqlite3
from .sql.ddl import table_definition
from .sql.lexer import tokenize
from .sql.script import split_script

_NO_FUNCTION = re.compile(r"no such function: (\w+)")


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
                    f"column {column.name.name!r} of table {definition.table!r} is declared {word}, which SQLite would "
                    f"accept and ignore: {word} {feature.way_out}"
                )
        if words == ["VERSIONING"] and column.name.word == "SYSTEM":
            feature = next(feature for feature in FEATURES if "ADD SYSTEM VERSIONING" in feature.clauses)
            if feature.name not in active:
                raise MissingPlugin(
                    f"ADD SYSTEM VERSIONING would give table {definition.table!r} a column named SYSTEM: "
                    f"system versioning {feature.way_out}"
                )


def _claimed(feature: Feature, words: list[str], has_arguments: bool) -> str | None:
    """Return the word of a declared type that belongs to the feature."""
    claimed = feature.column_types + (feature.sized_types if has_arguments else ())
    return next((word for word in words if word in claimed), None)


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


def explain(sql: str, error: sqlite3.OperationalError, active: Container[str] = ()) -> None:
    """Complete SQLite's error message, in place, when what it stumbled over belongs to a plugin that is off.

    Class, ``sqlite_errorcode`` and the beginning of the text stay as SQLite gave them.
    """
    message = str(error)
    if match := _NO_FUNCTION.search(message):
        for feature in FEATURES:
            if match[1].lower() in feature.sql_functions and feature.name not in active:
                error.args = (f"{message}: {match[1]}() {feature.way_out}",)
    elif "syntax error" in message:
        words = " ".join(token.word or token.text for token in tokenize(sql))
        for feature in FEATURES:
            clause = next((clause for clause in feature.clauses if clause in words), None)
            if clause is not None and feature.name not in active:
                error.args = (f"{message}: {clause} {feature.way_out}",)
                return
