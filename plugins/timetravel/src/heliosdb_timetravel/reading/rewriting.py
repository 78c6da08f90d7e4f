"""A statement with its clauses about time carried out: each table it asks about gives way to a subquery of its past."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.parameters import Parameter, parameters
from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text
from heliosdb_sqlite.sql.splice import Edit, splice

from ..errors import at
from ..storage import layout
from ..storage.names import FOREVER, TAGS
from ..storage.shape import ROWID_NAMES
from ..storage.triggers import CLOCK
from ..times import sql_microseconds, to_microseconds
from .clauses import Clause, Time
from .moments import FUNCTION
from .pasts import past_of
from .relation import PSEUDO, ROWID, Past, subquery
from .scopes import Query, Reader, Table

if TYPE_CHECKING:
    from ..session import TimeTravel

EXTRA = "heliosdb_timetravel_"
"""What the named parameters that are added begin with."""


class Slot(NamedTuple):
    """A bound of a clause that is found when the statement runs, and bound as a parameter."""

    past: Past
    kind: str
    place: int
    unit: str
    parameter: int | None  # the user's, counted from 1; None: the value stands in the text
    value: str | int = ""


@dataclass
class Rewriting:
    """What a statement became."""

    text: str
    slots: list[Slot] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    named: bool = False
    """The user's parameters have names."""
    spent: frozenset[int] = frozenset()
    """The user's parameters that are times and nothing else: they are not bound any more."""
    order: list[int] | None = None
    """Whose value each bare question mark has now: a parameter of the user's, or behind those a slot."""
    pairs: bool = False
    calls: bool = False
    """It calls the function for times that are expressions."""


class Rewriter:
    """Rewrites one statement, or the text of a view for the time at which it is asked for."""

    def __init__(
        self, travel: TimeTravel, sql: str, *, stored: bool = False, parent: Rewriter | None = None
    ) -> None:
        self.travel = travel
        self.sql = sql
        self.tokens = tokenize(sql)
        self.stored = stored
        """It stays in the schema: no parameters, and SQLite's own functions alone."""
        self.made: Rewriting = parent.made if parent is not None else Rewriting(sql)
        self._parent = parent
        self._edits: list[Edit] = []
        self._user = parameters(sql) if parent is None else []
        self._words = {token.name.lower() for token in self.tokens if token.kind in (Kind.WORD, Kind.QUOTED)}
        self._in_times: set[int] = set()  # where parameters stand that are times
        self._paired: Table | None = None
        self._source = self
        self._shown: dict[int, tuple[Past, list[str]]] = {}  # tables that were given extra columns, by place

    def rewrite(self, inherited: Clause | None = None, times_of: Rewriter | None = None) -> Rewriting | None:
        """Return what the statement became, None if it has no clause about time.

        :param inherited: the clause at which a view is asked for, written in the text of ``times_of``
        """
        reader = Reader(self.sql, self.tokens)
        queries = reader.read()
        if not reader.clauses and inherited is None:
            return None
        self._source = times_of or self
        self._paired = self._wants_pairs(queries)
        for query in queries:
            self._query(query, inherited)
        for clause in reader.clauses:
            self._edits.append(Edit(clause.start, clause.end, " "))
        for query in queries:
            if self._paired is not None and query is queries[0]:
                self._make_pairs(query, self._paired)
            else:
                self._expand_stars(query)
        if self._parent is None:
            self._number_parameters(reader.clauses)
        self.made.text = splice(self.sql, self._edits)
        if self._parent is None and not self.made.named:
            self._without_numbers()
        return self.made

    # -- clauses and tables ------------------------------------------------------------------------------------------
    def _query(self, query: Query, inherited: Clause | None) -> None:
        clause = query.clause
        if clause is not None and query.verb != "SELECT":
            raise at(
                self.sql,
                clause.start,
                f"the past can't be changed: an {query.verb} takes no clause about time",
            )
        above = self._from_above(query) or inherited
        candidates = [table for table in query.tables if table.clause is None]
        if clause is not None:
            self._check_reach(query, clause, candidates)
        for table in query.tables:
            if table.target and table.clause is not None:
                raise at(
                    self.sql, table.clause.start, "the past can't be changed: name the table without a time"
                )
            effective = table.clause or clause or above
            if effective is None or table.target:
                continue
            self._table(query, table, effective, own=table.clause is not None)

    def _check_reach(self, query: Query, clause: Clause, candidates: Sequence[Table]) -> None:
        """Refuse a clause behind WHERE that is about no table, or, for a period, about several."""
        if clause.kind == "AS OF":
            if not candidates and not query.children:
                raise at(self.sql, clause.start, "this SELECT reads no table that the clause could be about")
        elif len(candidates) != 1 or len(query.sources) != 1:
            raise at(
                self.sql,
                clause.start,
                "this SELECT reads several tables: write a clause about a period behind the table that it is about",
            )

    def _from_above(self, query: Query) -> Clause | None:
        """Return the AS OF of a SELECT around this one: it is about everything that is read inside."""
        around = query.parent
        while around is not None:
            if around.clause is not None and around.verb == "SELECT":
                return around.clause if around.clause.kind == "AS OF" else None
            around = around.parent
        return None

    def _table(self, query: Query, table: Table, clause: Clause, *, own: bool) -> None:
        position = clause.start if self._source is self else table.start
        if table.schema is None and table.name.lower() in query.common:
            raise at(
                self.sql,
                position,
                f"{table.name!r} is a common table expression: write the clause behind the tables in it",
            )
        if table.indexed is not None:
            raise at(
                self.sql,
                table.indexed.start,
                f"{table.name!r} is read as it was: leave the choice of an index to SQLite",
            )
        past = past_of(self.travel, table.name, table.schema)
        if past is None:
            text = self._view(table, clause, position)
        else:
            extras = self._extras(past, clause, paired=table is self._paired)
            self._shown[table.start] = (past, extras)
            text = f"({subquery(past, clause.kind, self._bounds(clause, past), extras)})"
        alias = "" if table.alias is not None else f" AS {quote_identifier(table.name)}"
        self._edits.append(Edit(table.start, table.end, text + alias))

    def _view(self, table: Table, clause: Clause, position: int) -> str:
        """Return a view's SELECT with the clause put to the tables in it."""
        found = None
        for schema in ["temp", *self.travel.schemas()] if table.schema is None else [table.schema]:
            found = self.travel.run(
                f"SELECT name, type, sql FROM {quote_identifier(schema)}.sqlite_master "
                "WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
                (table.name,),
            ).fetchone()
            if found is not None:
                break
        if found is None:
            raise sqlite3.OperationalError(f"no such table: {table.name}")
        name, kind, sql = found
        if kind == "table":
            where = (
                "it is in TEMP"
                if schema == "temp"
                else f"ALTER TABLE {quote_identifier(name)} ADD SYSTEM VERSIONING"
            )
            raise at(self.sql, position, f"table {name!r} keeps no history: {where}")
        depth, above = 0, self
        while above._parent is not None:
            depth, above = depth + 1, above._parent
        if depth > 50:
            raise sqlite3.OperationalError(f"view {name} is circularly defined")
        tokens = tokenize(sql)
        begin = next(place for place, token in enumerate(tokens) if token.word == "VIEW")
        after = begin + (
            3 if [token.word for token in tokens[begin + 1 : begin + 4]] == ["IF", "NOT", "EXISTS"] else 0
        )
        after += 4 if tokens[after + 2].text == "." else 2
        columns = ""
        if tokens[after].text == "(":
            close = next(place for place in range(after, len(tokens)) if tokens[place].text == ")")
            columns = sql[tokens[after].start : tokens[close].end]
            after = close + 1
        body = sql[tokens[after].end :].rstrip().rstrip(";")
        inner = Rewriter(self.travel, body, stored=self.stored, parent=self)
        outer = self.made.text
        inner.rewrite(clause, self._source)
        text, self.made.text = self.made.text, outer
        if not columns:
            return f"({text})"
        quoted = quote_identifier(name)
        return f"(WITH {quoted}{columns} AS ({text}) SELECT * FROM {quoted})"

    # -- times -------------------------------------------------------------------------------------------------------
    def _bounds(self, clause: Clause, past: Past) -> list[str]:
        source = self._source
        return [source._bound(clause, place, time, past) for place, time in enumerate(clause.times)]

    def _bound(self, clause: Clause, place: int, time: Time, past: Past) -> str:
        if self.stored:
            return self._stored_bound(clause, place, time, past)
        single = time.tokens[0] if len(time.tokens) == 1 else None
        if single is not None and single.kind is Kind.PARAMETER:
            number = next(each.number for each in self._user if each.token.start == single.start)
            self._in_times.add(single.start)
            return self._slot(Slot(past, clause.kind, place, time.unit, number))
        value = _literal(time.tokens)
        if value is not None:
            if time.unit == "TIMESTAMP" and not _is_now(value):
                to_microseconds(value, utc=False)  # what is no time is refused before it runs
            return self._slot(Slot(past, clause.kind, place, time.unit, None, value))
        self.made.calls = True
        name = (past.now.schema, past.now.name.lower())
        self.travel.moments.pasts[name] = past
        written = [time.unit, clause.kind]
        return (
            f"{FUNCTION}({self._expression(time)}, {', '.join(map(quote_text, written))}, {place}, "
            f"{quote_text(name[0])}, {quote_text(name[1])})"
        )

    def _slot(self, slot: Slot) -> str:
        if slot not in self.made.slots:
            self.made.slots.append(slot)
        place = self.made.slots.index(slot) + 1
        if self._is_named():
            return f":{EXTRA}{place}"
        return f"?{max((each.number for each in self._user), default=0) + place}"

    def _expression(self, time: Time) -> str:
        """Return an expression of the user's, with its question marks numbered."""
        edits = self._numbers(time.start, time.end) if not self._is_named() else []
        text = self.sql[: time.end]
        return splice(text, edits)[time.start :] if edits else text[time.start :]

    def _stored_bound(self, clause: Clause, place: int, time: Time, past: Past) -> str:
        """Return a bound in a view or trigger, which any SQLite may run."""
        text = self.sql[time.start : time.end]
        known = past.now.known_from if past.now.adopted or past.now.purged else 0
        before = (clause.kind == "FROM" and place == 1) or (clause.kind == "CONTAINED IN" and place == 0)
        value = _literal(time.tokens)
        if any(token.kind is Kind.PARAMETER for token in time.tokens):
            raise at(self.sql, time.start, "a view or trigger can't have parameters")
        if time.unit == "TRANSACTION":
            return f"({text} - {int(before)})"
        if time.unit == "TAG":
            tags = f"{quote_identifier(past.now.schema)}.{TAGS}"
            return f"((SELECT txn FROM {tags} WHERE name = {text}) - {int(before)})"
        if value is not None and _is_now(value):
            return str(FOREVER)
        if value is not None:
            moment = str(to_microseconds(value, utc=False, end_of_day=place == 1) - before)
        else:
            moment = f"({sql_microseconds(text)} - {int(before)})"
        found = (
            f"CASE WHEN {moment} >= {CLOCK} THEN {FOREVER} ELSE {layout.txn_at(past.now.schema, moment)} END"
        )
        return f"max({found}, {known})" if clause.kind == "AS OF" and known else f"({found})"

    # -- parameters --------------------------------------------------------------------------------------------------
    def _is_named(self) -> bool:
        return any(not each.token.text.startswith("?") for each in self._user)

    def _number_parameters(self, clauses: Sequence[Clause]) -> None:
        """Give each question mark its number, so that it keeps its value wherever it stands."""
        made = self.made
        made.parameters = self._user
        made.named = self._is_named()
        if made.named and any(each.token.text.startswith("?") for each in self._user):
            raise sqlite3.NotSupportedError(
                f"a statement with a clause about time has parameters of one style, ? or :name: {self.sql!r}"
            )
        rest = {each.number for each in self._user if each.token.start not in self._in_times}
        made.spent = frozenset(each.number for each in self._user if each.number not in rest)
        if not made.named:
            inside = [(clause.start, clause.end) for clause in clauses]
            self._edits += [
                edit
                for edit in self._numbers(0, len(self.sql))
                if not any(start <= edit.start < end for start, end in inside)
            ]

    def _without_numbers(self) -> None:
        """Turn numbered question marks into bare ones, unless they are the user's: CPython takes ?1 for a name."""
        made = self.made
        if any(each.token.text != "?" for each in made.parameters):
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

    # -- columns -----------------------------------------------------------------------------------------------------
    def _extras(self, past: Past, clause: Clause, *, paired: bool) -> list[str]:
        """Return the columns beyond the table's own that the statement names."""
        own = {name.lower() for name in past.columns}
        extras = [name for name in PSEUDO if name in self._words and name not in own]
        if past.now.rowid_is_key and any(name in self._words and name not in own for name in ROWID_NAMES):
            extras += [ROWID]
        dropped = {
            column.name.lower()
            for branch in past.branches
            for column in branch.table.columns
            if column.dropped is not None
        }
        extras += sorted(name for name in dropped if name in self._words and name not in own)
        if paired and "system_time" not in extras:
            if "system_time" in own:
                raise at(
                    self.sql,
                    clause.start,
                    "the table has a column named system_time: name the columns to select",
                )
            extras.insert(0, "system_time")
        return extras

    def _wants_pairs(self, queries: Sequence[Query]) -> Table | None:
        """Return the table whose versions a bare SELECT * gives as pairs of (system_time, row)."""
        if (
            self.stored
            or self._parent is not None
            or not queries
            or self.travel.options.system_versions == "flat"
        ):
            return None
        first = queries[0]
        if first.parent is not None or first.compound or len(first.stars) != 1 or first.stars[0][2]:
            return None
        listed = [token for token in self.tokens if first.list_start <= token.start < first.list_end]
        begins = next((token.word for token in self.tokens if token.text != ";"), "")
        if len(listed) != 1 or begins not in ("SELECT", "WITH", "EXPLAIN") or self._inserts():
            return None
        with_period = [
            table
            for table in first.tables
            if (table.clause or first.clause) is not None and (table.clause or first.clause).kind != "AS OF"  # type: ignore[union-attr]
        ]
        if len(with_period) != 1:
            return None
        return with_period[0]

    def _inserts(self) -> bool:
        return any(
            token.word in ("INSERT", "REPLACE", "UPDATE", "DELETE") for token in self.tokens[:1]
        ) or any(
            before.text == ")" and token.word in ("INSERT", "REPLACE", "UPDATE", "DELETE")
            for before, token in zip(self.tokens, self.tokens[1:], strict=False)
        )

    def _make_pairs(self, query: Query, table: Table) -> None:
        start, end, _ = query.stars[0]
        named = quote_identifier(table.alias or table.name)
        listed = f"{named}.system_time, {self._all_columns(query)}"
        self._edits.append(Edit(start, end, listed))
        if not query.ordered:
            self._edits.append(Edit(query.tail, query.tail, f" ORDER BY {named}.system_time "))
        self.made.pairs = True

    def _expand_stars(self, query: Query) -> None:
        """Leave the extra columns out of what * means."""
        for start, end, name in query.stars:
            if not any(
                self._shown.get(table.start, (None, []))[1]
                for _, table in query.sources
                if table is not None and (not name or (table.alias or table.name).lower() == name.lower())
            ):
                continue
            if not name:
                self._edits.append(Edit(start, end, self._all_columns(query)))
                continue
            for alias, table in query.sources:
                if table is not None and alias is not None and alias.lower() == name.lower():
                    self._edits.append(Edit(start, end, self._columns_of(alias, table)))

    def _all_columns(self, query: Query) -> str:
        if query.shares_columns:
            raise at(
                self.sql,
                query.start,
                "* and a column such as system_time don't go together with NATURAL or USING: "
                "name the columns to select",
            )
        listed = []
        for alias, table in query.sources:
            if alias is None:
                raise at(self.sql, query.start, "give the SELECT in the FROM a name: (SELECT ...) AS name")
            listed.append(self._columns_of(alias, table))
        return ", ".join(listed)

    def _columns_of(self, alias: str, table: Table | None) -> str:
        shown = self._shown.get(table.start) if table is not None else None
        named = quote_identifier(alias)
        if shown is None:
            return f"{named}.*"
        return ", ".join(f"{named}.{quote_identifier(column)}" for column in shown[0].columns)


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


def _is_now(value: str | int) -> bool:
    return isinstance(value, str) and value.strip().lower() == "now"
