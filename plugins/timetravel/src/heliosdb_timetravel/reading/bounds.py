"""The times in a statement's clauses, as SQL for the transactions that they mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.parameters import parameters
from heliosdb_sqlite.sql.quoting import quote_text
from heliosdb_sqlite.sql.splice import Edit, splice

from ..errors import at
from ..errors import place as where
from ..storage import layout
from ..storage.names import FOREVER, TABLES, TAGS, in_schema
from ..storage.triggers import CLOCK
from ..times import is_now, sql_microseconds, to_microseconds
from .clauses import Clause, Time
from .moments import FUNCTION
from .relation import Past
from .rewritten import EXTRA, Rewriting, Slot

if TYPE_CHECKING:
    from ..session import TimeTravel


class Bounds:
    """Writes the bounds of one statement's clauses, and keeps count of its parameters."""

    def __init__(self, travel: TimeTravel, sql: str, made: Rewriting, *, stored: bool) -> None:
        self.sql = sql
        self._travel = travel
        self._made = made
        self._stored = stored
        self._user = parameters(sql)
        self._named = any(not each.token.text.startswith("?") for each in self._user)
        self._in_times: set[int] = set()  # where parameters stand that are times

    def of(self, clause: Clause, past: Past) -> list[str]:
        """Return an expression for each time of a clause: the number of a transaction."""
        write = self._in_schema if self._stored else self._in_statement
        return [write(clause, place, time, past) for place, time in enumerate(clause.times)]

    def _in_statement(self, clause: Clause, place: int, time: Time, past: Past) -> str:
        single = time.tokens[0] if len(time.tokens) == 1 else None
        if single is not None and single.kind is Kind.PARAMETER:
            number = next(each.number for each in self._user if each.token.start == single.start)
            self._in_times.add(single.start)
            return self._slot(Slot(past, clause.kind, place, time.unit, number))
        value = _literal(time.tokens)
        if value is not None:
            if time.unit == "TIMESTAMP" and not is_now(value):
                self._moment(time, value)  # what is no time is refused before it runs
            return self._slot(Slot(past, clause.kind, place, time.unit, None, value))
        self._made.calls = True
        name = (past.now.schema, past.name)
        self._travel.moments.pasts[name] = past
        written = [time.unit, clause.kind]
        return (
            f"{FUNCTION}({self._expression(time)}, {', '.join(map(quote_text, written))}, {place}, "
            f"{quote_text(name[0])}, {quote_text(name[1])})"
        )

    def _slot(self, slot: Slot) -> str:
        if slot not in self._made.slots:
            self._made.slots.append(slot)
        place = self._made.slots.index(slot) + 1
        if self._named:
            return f":{EXTRA}{place}"
        return f"?{max((each.number for each in self._user), default=0) + place}"

    def _expression(self, time: Time) -> str:
        """Return an expression of the user's, with its question marks numbered."""
        edits = self._numbers(time.start, time.end) if not self._named else []
        text = self.sql[: time.end]
        return splice(text, edits)[time.start :] if edits else text[time.start :]

    def _moment(self, time: Time, value: str | int, *, end_of_day: bool = False) -> int:
        """Return the moment that a literal means."""
        try:
            return to_microseconds(value, utc=False, end_of_day=end_of_day)
        except sqlite3.DataError as error:
            raise sqlite3.DataError(f"{error} {where(self.sql, time.start)}") from None

    def _in_schema(self, clause: Clause, place: int, time: Time, past: Past) -> str:
        """Return a bound in a view or trigger, which any SQLite may run."""
        text = self.sql[time.start : time.end]
        before = (clause.kind == "FROM" and place == 1) or (clause.kind == "CONTAINED IN" and place == 0)
        value = _literal(time.tokens)
        if any(token.kind is Kind.PARAMETER for token in time.tokens):
            raise at(self.sql, time.start, "a view or trigger can't have parameters")
        if time.unit == "TIMESTAMP":
            if value is not None and is_now(value):
                return str(FOREVER)
            if value is not None:
                moment = str(self._moment(time, value, end_of_day=place == 1) - before)
            else:
                moment = f"({sql_microseconds(text)} - {int(before)})"
            found = f"CASE WHEN {moment} >= {CLOCK} THEN {FOREVER} ELSE {layout.txn_at(past.now.schema, moment)} END"
        elif time.unit == "TAG":
            tags = in_schema(past.now.schema, TAGS)
            found = f"(SELECT txn FROM {tags} WHERE name = {text}) - {int(before)}"
        else:
            found = f"{text} - {int(before)}"
        return f"max({found}, {_known_from(past)})" if clause.kind == "AS OF" else f"({found})"

    # -- parameters --------------------------------------------------------------------------------------------------
    def number_parameters(self, clauses: Sequence[Clause]) -> list[Edit]:
        """Give each question mark its number, so that it keeps its value wherever it stands."""
        made = self._made
        made.parameters = self._user
        made.named = self._named
        if made.named and any(each.token.text.startswith("?") for each in self._user):
            raise sqlite3.NotSupportedError(
                f"a statement with a clause about time has parameters of one style, ? or :name: {self.sql!r}"
            )
        rest = {each.number for each in self._user if each.token.start not in self._in_times}
        made.spent = frozenset(each.number for each in self._user if each.number not in rest)
        if made.named:
            return []
        inside = [(clause.start, clause.end) for clause in clauses]
        return [
            edit
            for edit in self._numbers(0, len(self.sql))
            if not any(start <= edit.start < end for start, end in inside)
        ]

    def without_numbers(self) -> None:
        """Turn numbered question marks into bare ones, unless they are the user's: CPython takes ?1 for a name."""
        made = self._made
        if made.named or any(each.token.text != "?" for each in made.parameters):
            return
        numbered = parameters(made.text)
        made.order = [each.number for each in numbered]
        made.text = splice(made.text, [Edit(each.token.start, each.token.end, "?") for each in numbered])

    def _numbers(self, start: int, end: int) -> list[Edit]:
        return [
            Edit(each.token.start, each.token.end, f"?{each.number}")
            for each in self._user
            if each.token.text == "?" and start <= each.token.start < end
        ]


def _known_from(past: Past) -> str:
    """Return an expression for the first transaction of which something is shown, whatever is purged meanwhile."""
    tables = in_schema(past.now.schema, TABLES)
    return (
        "(SELECT CASE WHEN adopted OR purged THEN max(began, purged) ELSE 0 END "
        f"FROM {tables} WHERE number = {past.now.number})"
    )


def _literal(tokens: Sequence[Token]) -> str | int | None:
    """Return the value of a time that is a literal."""
    if len(tokens) != 1:
        return None
    (token,) = tokens
    if token.kind is Kind.STRING:
        return token.name
    if token.kind is Kind.NUMBER and token.text.isdigit():
        return int(token.text)
    if token.word == "CURRENT_TIMESTAMP":
        return "now"
    return None
