"""nextval(), currval() and setval(): of sequences, and of columns that count by themselves.

A number is taken in the transaction that asks for it, since SQLite has one writer at a time: when that is undone, the
number is there again for the next one. No two rows that are committed have the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..catalog.functions import identifier
from ..protocol.errors import PgError
from ..translation.sequences import MARK, VERSION, serial_set
from ..types import numbers
from ..types.registry import INT8

if TYPE_CHECKING:
    from ..catalog.objects import Object
    from .session import Session


class Sequences:
    """What one session has taken from sequences."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._current: dict[str, int] = {}
        self._last: str | None = None
        # The table that was inserted into last, and its newest row.
        self.inserted: tuple[str, int | None] = ("", None)

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Return the SQL functions."""
        return {
            "nextval": self.nextval,
            "currval": self.currval,
            "lastval": self.lastval,
            "setval": self.setval,
        }

    def forget(self) -> None:
        """Forget what was taken, as DISCARD SEQUENCES does."""
        self._current.clear()
        self._last, self.inserted = None, ("", None)

    def _note(self) -> None:
        """Keep the number of the row that was inserted last, as far as its table counts by itself."""
        (table, number), self.inserted = self.inserted, ("", None)
        reading = self._session.engine.schema
        found = reading.object(table) if table and number else None
        if found is not None and number and reading.counts(found.name):
            self._last = f"{found.name}_{reading.info(found).rowid}_seq"
            self._current[self._last] = number

    # ---- which one ----

    def _found(self, name: Any) -> tuple[str, Object | None, str]:
        """Return a sequence's name, and its own table or the table that it counts."""
        reading = self._session.engine.schema
        if isinstance(name, int) or str(name).isdigit():
            oid = int(name)
            for each in reading.sequences():
                if each.oid == oid:
                    return each.name, each, ""
            for serial, table in reading.serials().items():
                if (found := reading.object(table)) is not None and found.oid + 3 == oid:
                    return serial, None, table
            raise PgError("42P01", f"relation with OID {oid} does not exist")
        parts = identifier(str(name))
        bare = parts[-1]
        if len(parts) == 1 and not reading.sees("public"):
            raise PgError("42P01", f'relation "{name}" does not exist')
        found = reading.object(bare)
        if found is not None and found.kind == "sequence":
            mark = MARK.search(found.sql or "")
            if mark is not None and int(mark[1]) > VERSION:
                raise PgError(
                    "0A000", f'sequence "{bare}" has format {mark[1]}, and this server knows {VERSION}'
                )
            return found.name, found, ""
        counted = reading.serial(bare)
        if counted is not None:
            return bare, None, counted
        if found is not None:
            raise PgError("42809", f'"{bare}" is not a sequence')
        raise PgError("42P01", f'relation "{name}" does not exist')

    # ---- the functions ----

    def nextval(self, name: Any) -> int:
        """Return a sequence's next number."""
        named, own, table = self._found(name)
        self._note()
        number = self._next_of(own) if own is not None else self._next_serial(table)
        self._current[named], self._last = number, named
        return number

    def _next_of(self, found: Object) -> int:
        quoted = f"{found.schema}.{quote_identifier(found.name)}"
        columns = "last_value, is_called, increment_by, min_value, max_value, cycle"
        ((last, called, step, low, high, cycle),) = self._session.engine.rows(
            f"SELECT {columns} FROM {quoted}"
        )
        number = last + step if called else last
        if not low <= number <= high:
            if not cycle:
                what, limit = ("maximum", high) if step > 0 else ("minimum", low)
                raise PgError("2200H", f'nextval: reached {what} value of sequence "{found.name}" ({limit})')
            number = low if step > 0 else high
        self._session.engine.run(
            f"UPDATE {quoted} SET last_value = ?, is_called = 1", (number,), trusted=True
        ).close()
        return int(number)

    def _next_serial(self, table: str) -> int:
        engine = self._session.engine
        reading = engine.schema
        found = reading.object(table)
        if found is None:
            raise PgError("42P01", f'relation "{table}" does not exist')
        column = quote_identifier(reading.info(found).rowid)
        ((number,),) = engine.rows(
            f"SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0),"
            f" coalesce((SELECT max({column}) FROM {quote_identifier(table)}), 0)) + 1",
            (found.name,),
        )
        for sql in serial_set(found.name, int(number)):
            engine.run(sql, trusted=True).close()
        return int(number)

    def currval(self, name: Any) -> int:
        """Return the number that this session has taken from a sequence last."""
        named, _, _ = self._found(name)
        self._note()
        if named not in self._current:
            raise PgError("55000", f'currval of sequence "{named}" is not yet defined in this session')
        return self._current[named]

    def lastval(self) -> int:
        """Return the number that this session has taken last."""
        self._note()
        if self._last is None:
            raise PgError("55000", "lastval is not yet defined in this session")
        return self._current[self._last]

    def setval(self, name: Any, value: Any, called: Any = 1) -> int | None:
        """Set a sequence's number: the next one follows it, or is it unless ``called``."""
        if name is None or value is None or called is None:
            return None
        self._note()
        named, own, table = self._found(name)
        number, engine = numbers.integer(value, INT8), self._session.engine
        if own is None:
            if number < 1:
                raise PgError("22003", f'setval: value {number} is out of bounds for sequence "{named}"')
            for sql in serial_set(table, number if called else number - 1):
                engine.run(sql, trusted=True).close()
        else:
            quoted = f"{own.schema}.{quote_identifier(own.name)}"
            ((low, high),) = engine.rows(f"SELECT min_value, max_value FROM {quoted}")
            if not low <= number <= high:
                raise PgError(
                    "22003", f'setval: value {number} is out of bounds for sequence "{named}" ({low}..{high})'
                )
            engine.run(
                f"UPDATE {quoted} SET last_value = ?, is_called = ?",
                (number, int(bool(called))),
                trusted=True,
            ).close()
        if called:
            self._current[named], self._last = number, named
        return number
