"""CREATE BRANCH, MERGE BRANCH, DROP BRANCH and SHOW BRANCHES: statements that return rows, for every client of SQL.

Each becomes a SELECT from a function of the connection, so that what stands in its place as a parameter stays one.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.parameters import rewrite
from heliosdb_sqlite.sql.quoting import quote_text
from heliosdb_sqlite.sql.splice import Edit, Span

from .. import api
from ..errors import MergeConflict
from ..names import MAIN
from ..results import Branch, MergeReport

FUNCTION = "heliosdb_branch_statement"
_BRANCH = ("name", "parent", "created_at", "divergence_point", "state", "is_active", "commits", "size_mb")
_MERGE = (
    "branch",
    "into",
    "dry_run",
    "rows_added",
    "rows_changed",
    "rows_removed",
    "schema_changes",
    "conflicts",
)
_DROPPED = ("name",)
_FORMS = {
    ("CREATE", "BRANCH"): "CREATE BRANCH [IF NOT EXISTS] name [FROM branch] [AS OF [TIMESTAMP] time]",
    ("MERGE", "BRANCH"): "MERGE BRANCH name [INTO branch] [STRATEGY abort|ours|theirs] [RENUMBER] [DRY RUN]",
    ("DROP", "BRANCH"): "DROP BRANCH [IF EXISTS] name",
    ("SHOW", "BRANCHES"): "SHOW BRANCHES",
}
_NAMES = (Kind.WORD, Kind.QUOTED, Kind.STRING, Kind.PARAMETER)


class _Reader:
    """Reads a statement's tokens from left to right."""

    def __init__(self, sql: str, tokens: Sequence[Token], form: str) -> None:
        self.sql = sql
        self._tokens = tokens
        self._place = 2
        self._form = form

    def word(self, *words: str) -> bool:
        """Go past these words, if they are next."""
        found = [token.word for token in self._tokens[self._place : self._place + len(words)]]
        if found != list(words):
            return False
        self._place += len(words)
        return True

    def name(self) -> str | Span:
        """Go past a name, or a parameter that stands for one."""
        if self._place >= len(self._tokens) or self._tokens[self._place].kind not in _NAMES:
            raise self.wrong()
        token = self._tokens[self._place]
        self._place += 1
        return Span(token.start, token.end) if token.kind is Kind.PARAMETER else quote_text(token.name)

    def rest(self) -> Span:
        """Go past all that is left: an expression."""
        if self._place >= len(self._tokens):
            raise self.wrong()
        start, self._place = self._tokens[self._place].start, len(self._tokens)
        return Span(start, self._tokens[-1].end)

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise self.wrong()

    def wrong(self) -> sqlite3.OperationalError:
        near = self._tokens[self._place].text if self._place < len(self._tokens) else "the end"
        return sqlite3.OperationalError(f"near {near!r}: syntax error: it is {self._form}")


def parse(statement: Statement) -> Statement | None:
    """Return the statement as a SELECT; None when it is none of ours.

    :raises OperationalError: it begins as one of ours and goes on otherwise
    """
    tokens = [token for token in tokenize(statement.text) if token.text != ";"]
    beginning = tuple(token.word for token in tokens[:2])
    if beginning not in _FORMS:
        return None
    reader = _Reader(statement.text, tokens, _FORMS[beginning])
    verb = beginning[0]
    arguments, columns = _ARGUMENTS[verb](reader)
    reader.end()
    if verb == "SHOW":
        selected = ", ".join(f"json_extract(value, '$.{column}') AS \"{column}\"" for column in columns)
        return statement.rewritten(f"SELECT {selected} FROM json_each({FUNCTION}('show'))").noted(
            "branching", True
        )
    # No FROM: even json_each() has SQLite take a lock on the database, which the merge would wait for.
    selected = ", ".join(f"{FUNCTION}('column', '{column}') AS \"{column}\"" for column in columns)
    text: list[str | Span] = [f"SELECT {selected} WHERE {FUNCTION}('{verb.lower()}'"]
    for argument in arguments:
        text += [", ", argument]
    text.append(")")
    made = rewrite(statement.text, [Edit(0, len(statement.text), tuple(text))])
    return statement.rewritten(made.text).noted("branching", True)


def _create(reader: _Reader) -> tuple[list[str | Span], Sequence[str]]:
    lenient = "1" if reader.word("IF", "NOT", "EXISTS") else "0"
    name = reader.name()
    parent = reader.name() if reader.word("FROM") else quote_text(MAIN)
    as_of: str | Span = "NULL"
    if reader.word("AS", "OF"):
        reader.word("TIMESTAMP")
        as_of = reader.rest()
    return [lenient, name, parent, as_of], _BRANCH


def _merge(reader: _Reader) -> tuple[list[str | Span], Sequence[str]]:
    name = reader.name()
    into = reader.name() if reader.word("INTO") else quote_text(MAIN)
    strategy = reader.name() if reader.word("STRATEGY") else quote_text("abort")
    renumber = "1" if reader.word("RENUMBER") else "0"
    return [name, into, strategy, renumber, "1" if reader.word("DRY", "RUN") else "0"], _MERGE


def _drop(reader: _Reader) -> tuple[list[str | Span], Sequence[str]]:
    lenient = "1" if reader.word("IF", "EXISTS") else "0"
    return [lenient, reader.name()], _DROPPED


def _show(_: _Reader) -> tuple[list[str | Span], Sequence[str]]:
    return [], _BRANCH


_ARGUMENTS: dict[str, Callable[[_Reader], tuple[list[str | Span], Sequence[str]]]] = {
    "CREATE": _create,
    "MERGE": _merge,
    "DROP": _drop,
    "SHOW": _show,
}


class Performer:
    """Does what the statements of one connection ask for."""

    def __init__(self, connection: Any) -> None:
        self._ref = weakref.ref(connection)  # which has this object, by way of its function
        self._error: BaseException | None = None
        self._row: dict[str, Any] = {}

    @property
    def _connection(self) -> Any:
        return self._ref()

    def __call__(self, verb: str, *arguments: Any) -> Any:
        """Do it and return whether there is a row to show, or all rows as JSON; ``column`` is a part of that row."""
        if verb == "column":
            return self._row.get(arguments[0])
        try:
            found = getattr(self, f"_{verb}")(*arguments)
        except BaseException as error:
            self._error = error
            raise
        if verb == "show":
            return json.dumps(found)
        self._row = found
        return bool(found)

    def explain(self, error: BaseException) -> None:
        """Say in SQLite's error what went wrong."""
        cause, self._error = self._error, None
        if cause is not None and "user-defined function raised exception" in str(error):
            error.args = (str(cause),)
            error.__cause__ = cause
            if isinstance(cause, MergeConflict):
                error.conflicts = cause.conflicts  # type: ignore[attr-defined]

    def _create(self, lenient: int, name: str, parent: str, as_of: Any) -> dict[str, Any]:
        if lenient:
            for branch in api.list_branches(self._connection):
                if branch.name == name:
                    return _branch(branch)
        return _branch(api.create_branch(self._connection, name, parent, as_of))

    def _merge(self, name: str, into: str, strategy: str, renumber: int, dry_run: int) -> dict[str, Any]:
        strategy = str(strategy).lower()
        return _report(
            api.merge_branch(
                self._connection,
                name,
                into,
                strategy=strategy,
                dry_run=bool(dry_run),
                renumber=bool(renumber),
            )
        )

    def _drop(self, lenient: int, name: str) -> dict[str, Any]:
        if lenient and all(branch.name != name for branch in api.list_branches(self._connection)):
            return {}
        api.delete_branch(self._connection, name)
        return {"name": name}

    def _show(self) -> list[dict[str, Any]]:
        return [_branch(each) for each in api.list_branches(self._connection)]


def _branch(branch: Branch) -> dict[str, Any]:
    found = {column: getattr(branch, column) for column in _BRANCH}
    for column in ("created_at", "divergence_point"):
        found[column] = found[column].isoformat(sep=" ") if found[column] is not None else None
    return found


def _report(report: MergeReport) -> dict[str, Any]:
    counts = report.tables.values()
    return {
        "branch": report.branch,
        "into": report.into,
        "dry_run": report.dry_run,
        "rows_added": sum(each.added for each in counts),
        "rows_changed": sum(each.changed for each in counts),
        "rows_removed": sum(each.removed for each in counts),
        "schema_changes": "; ".join(report.schema),
        "conflicts": len(report.conflicts),
    }
