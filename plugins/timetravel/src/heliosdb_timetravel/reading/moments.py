"""From a time to the transaction that was the last one then."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

from ..errors import warn
from ..storage import layout
from ..storage.names import COMMITS, COMMITTED, FOREVER, OPEN, TAGS, in_schema
from ..storage.registry import Versioned
from ..times import is_day, is_now, to_microseconds, to_text
from .relation import Past, is_lossy

if TYPE_CHECKING:
    from ..session import TimeTravel

FUNCTION = "heliosdb_timetravel_at"
"""The SQL function behind times that are expressions."""
_REMEMBERED = 1024


class Moments:
    """Finds transactions by time on one connection. What has been found for the past is remembered."""

    def __init__(self, travel: TimeTravel) -> None:
        self._travel = travel
        self._found: dict[tuple[str, int], int] = {}
        self.pasts: dict[tuple[str, str], Past] = {}
        self.reason: sqlite3.Error | None = None
        self._calls: dict[tuple[Any, ...], int] = {}

    def define_functions(self) -> None:
        """Define the SQL function that times in the form of an expression go through."""
        self._travel.connection.create_function(FUNCTION, 6, self._of_expression, deterministic=True)

    def _of_expression(self, value: Any, unit: str, kind: str, place: int, schema: str, name: str) -> int:
        call = (type(value), value, unit, kind, place, schema, name)
        try:
            return self._calls[call]
        except KeyError:
            pass
        try:
            found = self.transaction(value, unit, kind, place, self.pasts[schema, name], utc=True)
        except sqlite3.Error as error:
            self.reason = error
            raise
        self._calls[call] = found
        return found

    def begin_statement(self) -> None:
        """A statement begins, in which each time means one transaction wherever it stands."""
        self._calls.clear()

    def explain(self, error: BaseException) -> None:
        """Say why the function failed, in place of SQLite's words for any failure of any function."""
        if self.reason is not None and str(error) == "user-defined function raised exception":
            error.args = self.reason.args
        self.reason = None

    def transaction(self, value: Any, unit: str, kind: str, place: int, past: Past, *, utc: bool) -> int:
        """Return the bound that a time means in a clause.

        :param place: 0 for the first time of the clause, 1 for the second
        :param utc: a time without a zone is UTC, not local
        :raises DataError: it is no time, or, with time_travel_strict, before the history begins
        """
        schema = past.now.schema
        # The one before it.
        before = (kind == "FROM" and place == 1) or (kind == "CONTAINED IN" and place == 0)
        if unit == "TRANSACTION":
            found = self._numbered(value, schema) - before
        elif unit == "TAG":
            found = self._tagged(value, schema) - before
        else:
            found = FOREVER if is_now(value) else self.at(schema, moment_of(value, kind, place, utc=utc))
        return self.known(found, value, past, unit) if kind == "AS OF" else found

    def at(self, schema: str, moment: int) -> int:
        """Return the last transaction that had committed at a moment; FOREVER for a moment that is not past."""
        if moment >= time.time_ns() // 1000:
            return FOREVER
        try:
            return self._found[schema, moment]
        except KeyError:
            pass
        table = in_schema(schema, COMMITS)
        found, latest, state = self._travel.run(
            f"SELECT {layout.txn_at(schema, ':moment')}, time, state FROM {table} ORDER BY txn DESC LIMIT 1",
            {"moment": moment},
        ).fetchone() or (0, 0, None)
        if state == COMMITTED and moment < latest:  # no later commit can have an earlier time
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[schema, moment] = found
        return int(found)

    def forget(self) -> None:
        """Another file may be there under the same name."""
        self._found.clear()

    def _numbered(self, value: Any, schema: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise sqlite3.DataError(
                f"not the number of a transaction: {value!r}: give what system_transaction says"
            )
        (last,) = self._travel.run(
            f"SELECT coalesce(max(txn), 0) FROM {in_schema(schema, COMMITS)}"
        ).fetchone()
        if value > last:
            raise sqlite3.DataError(f"no transaction {value!r} yet: the last one is {last}")
        return value

    def _tagged(self, value: Any, schema: str) -> int:
        table = in_schema(schema, TAGS)
        found = self._travel.run(f"SELECT txn FROM {table} WHERE name = ?", (value,)).fetchone()
        if found is None:
            names = [
                name
                for (name,) in self._travel.run(
                    f"SELECT name FROM {table} ORDER BY made DESC LIMIT 5"
                ).fetchall()
            ]
            there = f"the latest are {', '.join(map(repr, names))}" if names else "there is none yet"
            raise sqlite3.DataError(f"no tag {value!r}: {there}; conn.tag(name) sets one")
        return int(found[0])

    def known(self, found: int, value: Any, past: Past, unit: str = "TIMESTAMP") -> int:
        """Return the transaction, or the first one of which the past is known, and say so."""
        for branch in past.branches:
            table = branch.table
            if branch.until is not None and found >= branch.until:
                continue
            self._warn_of_loss(table)
            if found >= table.known_from:
                return found
            recorded_late = table.adopted or table.known_from > table.began
            instead = "the first recorded state is shown" if recorded_late else "it had no rows"
            self._warn(_shown(value, unit), table, instead)
            return table.known_from if recorded_late else found
        last = past.branches[-1]
        ended = self.time_of(past.now, last.until or 0)
        if past.now.ended is None:
            raise sqlite3.OperationalError(
                f"the table is named {past.now.name!r} since {ended}, before {_shown(value, unit)}: "
                "ask for an earlier time, or under that name"
            )
        raise sqlite3.OperationalError(
            f"the history of table {past.now.name!r} ended {ended}, before {_shown(value, unit)}: "
            "ask for an earlier time"
        )

    def warn_of_loss(self, past: Past) -> None:
        """Say so if rows of the past are not known at all."""
        for branch in past.branches:
            self._warn_of_loss(branch.table)

    def _warn_of_loss(self, table: Versioned) -> None:
        if is_lossy(table):
            message = (
                f"table {table.name!r} was dropped by a program without time travel: what it held then is not in its "
                "history"
            )
            if self._travel.options.time_travel_strict:
                raise sqlite3.DataError(message)
            warn(message)

    def _warn(self, time: str, table: Versioned, instead: str) -> None:
        since = self.time_of(table, table.known_from)
        message = f"the history of table {table.name!r} begins {since}, after {time}"
        if self._travel.options.time_travel_strict:
            raise sqlite3.DataError(f"{message}: ask for a later time")
        warn(f"{message}: {instead}")

    def time_of(self, table: Versioned, txn: int) -> str:
        """Return when a transaction committed, for a person."""
        found = self._travel.run(
            f"SELECT time, state FROM {in_schema(table.schema, COMMITS)} WHERE txn = ?", (txn,)
        ).fetchone()
        return to_text(found[0]) if found is not None and found[1] != OPEN else "with this transaction"


def moment_of(value: Any, kind: str, place: int, *, utc: bool) -> int:
    """Return the moment that a time means in a clause, in microseconds since 1970.

    :raises DataError: it is no time
    """
    moment = to_microseconds(value, utc=utc, end_of_day=place == 1)
    if kind == "FROM" and place == 1 and not is_day(value):
        return moment - 1  # up to, but not including
    return moment - 1 if kind == "CONTAINED IN" and place == 0 else moment


def _shown(value: Any, unit: str) -> str:
    if unit == "TRANSACTION":
        return f"transaction {value}"
    return f"tag {value!r}" if unit == "TAG" else str(value)
