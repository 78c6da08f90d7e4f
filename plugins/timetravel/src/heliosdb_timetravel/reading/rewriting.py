"""A statement with its clauses about time carried out: each table it asks about gives way to a subquery of its past."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, splice

from ..errors import at
from ..storage.names import OWN
from .bounds import Bounds
from .clauses import Clause
from .columns import Columns, Shown, aggregates
from .pasts import past_of
from .queries import Common, Query, Table
from .relation import subquery
from .rewritten import Rewriting
from .scopes import Reader
from .views import read_view

if TYPE_CHECKING:
    from ..session import TimeTravel

_DEEPEST = 50  # views inside views


class Asked(NamedTuple):
    """A clause, and the statement that it stands in."""

    clause: Clause
    bounds: Bounds

    def error(self, message: str) -> sqlite3.OperationalError:
        """Return the error that names the clause's place."""
        return at(self.bounds.sql, self.clause.start, message)


class Rewriter:
    """Rewrites one statement, or the text of a view for the time at which it is asked for."""

    def __init__(
        self, travel: TimeTravel, sql: str, *, stored: bool = False, parent: Rewriter | None = None
    ) -> None:
        self._travel = travel
        self._sql = sql
        self._stored = stored
        """It stays in the schema: no parameters, and SQLite's own functions alone."""
        self._depth: int = parent._depth + 1 if parent is not None else 0
        self._made: Rewriting = parent._made if parent is not None else Rewriting(sql)
        self._tokens = tokenize(sql)
        self._edits: list[Edit] = []
        self._carried_out: set[int] = set()  # where clauses begin that were about something
        self._reader = Reader(sql, self._tokens)
        self._queries: list[Query] = []
        self._reached: dict[int, Asked | None] = {}  # the clause of those who read a common table expression

    def has_clauses(self) -> bool:
        """Read the statement, and return whether it has a clause about time."""
        self._queries = self._reader.read()
        return bool(self._reader.clauses)

    def rewrite(self) -> Rewriting:
        """Return what the statement, which has been read, became."""
        queries, clauses = self._queries, self._reader.clauses
        self._begin(queries)
        flat = self._stored or self._travel.options.system_versions == "flat"
        paired = None if flat else self._columns.paired()
        for query in queries:
            self._query(query, None, paired)
        for clause in clauses:
            if clause.start not in self._carried_out:
                raise at(self._sql, clause.start, "this SELECT reads no table that the clause could be about")
            self._edits.append(Edit(clause.start, clause.end, " "))
        for query in queries:
            if paired is not None and query.main:
                self._edits += self._columns.make_pairs(query, paired)
                self._made.pairs = self._tokens[0].word != "EXPLAIN"
            else:
                self._edits += self._columns.expand_stars(query)
        self._edits += self._bounds.number_parameters(clauses)
        self._made.text = splice(self._sql, self._edits)
        self._bounds.without_numbers()
        return self._made

    def _begin(self, queries: list[Query]) -> None:
        self._columns = Columns(self._sql, self._tokens, queries)
        self._bounds = Bounds(self._travel, self._sql, self._made, stored=self._stored)

    # -- clauses and tables ------------------------------------------------------------------------------------------
    def _query(self, query: Query, inherited: Asked | None, paired: Table | None) -> None:
        clause = query.clause
        if clause is not None and query.verb != "SELECT":
            raise at(
                self._sql,
                clause.start,
                f"{query.verb} takes no clause about time: "
                + ("it reads no table" if query.verb == "VALUES" else "the past can't be changed"),
            )
        if clause is not None and clause.kind != "AS OF" and len(query.sources) != 1:
            raise at(
                self._sql,
                clause.start,
                "this SELECT reads several tables: write a clause about a period behind the table that it is about"
                if query.sources
                else "this SELECT reads no table that the clause could be about",
            )
        for table in query.tables:
            if table.target:
                if table.clause is not None:
                    raise at(
                        self._sql,
                        table.clause.start,
                        "the past can't be changed: name the table without a time",
                    )
                continue
            asked = self._asked(query, table, inherited)
            if asked is not None:
                self._table(query, table, asked, inherited, paired=table is paired)

    def _asked(self, query: Query, table: Table, inherited: Asked | None) -> Asked | None:
        """Return the clause that is about a table of this query."""
        own = table.clause
        if own is None and (not table.listed or _is_moment(query.clause)):
            own = query.clause
        if own is None:
            own = _from_above(query)
        if own is not None:
            return Asked(own, self._bounds)
        reaching = self._reaching(query.within, inherited) if query.within is not None else None
        return reaching or inherited

    def _reaching(self, common: Common, inherited: Asked | None) -> Asked | None:
        """Return the AS OF of those who read a common table expression, if it is the same for all of them."""
        if id(common) not in self._reached:
            self._reached[id(common)] = None  # a recursive one reads itself
            found = {
                self._asked(query, table, inherited)
                for query in self._queries
                for table in query.tables
                if query.common_table(table) is common and query.within is not common
            }
            asked = found.pop() if len(found) == 1 else None
            if asked is not None and _is_moment(asked.clause):
                self._reached[id(common)] = asked
        return self._reached[id(common)]

    def _table(
        self, query: Query, table: Table, asked: Asked, inherited: Asked | None, *, paired: bool
    ) -> None:
        common = query.common_table(table)
        if common is not None:
            if table.clause is not None or not self._covers(common.bodies, asked, inherited):
                raise asked.error(
                    f"{table.name!r} is a common table expression: write the clause behind the tables in it"
                )
            return
        if table.indexed is not None:
            raise at(
                self._sql,
                table.indexed.start,
                f"{table.name!r} is read as it was: leave the choice of an index to SQLite",
            )
        if asked.bounds is self._bounds:
            self._carried_out.add(asked.clause.start)
        past = past_of(self._travel, table.name, table.schema)
        if past is None:
            text, columns, extras = self._view(table, asked, paired=paired)
        else:
            # Of one moment it is said then.
            if past.is_lossy and (self._stored or asked.clause.kind != "AS OF"):
                self._made.losses.append(past)
            columns, extras = past.columns, self._columns.extras(past, query, table)
            if paired and "system_time" not in extras:
                if "system_time" in {name.lower() for name in columns}:
                    raise asked.error("the table has a column named system_time: name the columns to select")
                extras.insert(0, "system_time")
            text = subquery(past, asked.clause.kind, asked.bounds.of(asked.clause, past), extras)
        self._columns.shown[table.start] = Shown(columns, tuple(extras))
        alias = "" if table.alias is not None or table.listed else f" AS {quote_identifier(table.name)}"
        self._edits.append(Edit(table.start, table.end, f"({text}){alias}"))
        if table.schema is not None and table.alias is None and not table.listed:
            self._unqualify(table)

    def _covers(self, bodies: Sequence[Query], asked: Asked, inherited: Asked | None) -> bool:
        """Return whether the tables in a common table expression are read by the same clause anyway."""
        return all(
            self._asked(body, table, inherited) == asked
            for body in bodies
            for table in body.tables
            if body.common_table(table) is None
        )

    def _unqualify(self, table: Table) -> None:
        """Let ``schema.table.column`` go on to mean the column: what stands for the table has no schema."""
        names = [token.name.lower() for token in self._tokens]
        pattern = [(table.schema or "").lower(), ".", table.name.lower(), "."]
        for place in range(len(names)):
            start, end = self._tokens[place].start, place + len(pattern)
            if names[place:end] == pattern and start != table.start:
                edit = Edit(start, self._tokens[end - 1].end, f"{quote_identifier(table.name)}.")
                if edit not in self._edits:
                    self._edits.append(edit)

    # -- views -------------------------------------------------------------------------------------------------------
    def _view(self, table: Table, asked: Asked, *, paired: bool) -> tuple[str, tuple[str, ...], list[str]]:
        """Return a view's SELECT with the clause put to the tables in it, its columns, and those beside them."""
        schema, name, kind, sql = self._find(table, asked)
        if kind == "table":
            if schema == "temp":
                why = "it is in TEMP"
            elif sql[:14].upper() == "CREATE VIRTUAL":
                why = "it is a virtual table"
            else:
                why = f"ALTER TABLE {_qualified(schema, name)} ADD SYSTEM VERSIONING"
            raise asked.error(f"table {name!r} keeps no history: {why}")
        if self._depth > _DEEPEST:
            raise sqlite3.OperationalError(f"view {name} is circularly defined")
        listed = self._travel.run("SELECT name FROM pragma_table_info(?, ?)", (name, schema)).fetchall()
        columns = tuple(column for (column,) in listed)
        own = {column.lower() for column in columns}
        extras = self._columns.pseudo(own) if asked.clause.kind != "AS OF" else []
        if paired and "system_time" not in extras:
            if "system_time" in own:
                raise asked.error("the view has a column named system_time: name the columns to select")
            extras.insert(0, "system_time")
        names, body = read_view(sql)
        inner = Rewriter(self._travel, body, stored=self._stored, parent=self)
        text = inner.as_view(name, asked, extras)
        if names:
            renamed = names[:-1] + "".join(f", {extra}" for extra in extras) + ")"
            quoted = quote_identifier(name)
            text = f"WITH {quoted}{renamed} AS ({text}) SELECT * FROM {quoted}"
        return text, columns, extras

    def _find(self, table: Table, asked: Asked) -> tuple[str, str, str, str]:
        """Return the schema, name, type and text of a table or view that keeps no history itself."""
        there = ["temp", *self._travel.schemas()]
        wanted = there if table.schema is None else [s for s in there if s.lower() == table.schema.lower()]
        for schema in wanted:
            found = self._travel.run(
                f"SELECT name, type, sql FROM {quote_identifier(schema)}.sqlite_master "
                "WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
                (table.name,),
            ).fetchone()
            if found is not None:
                return (schema, *found)
        if table.name.lower().startswith(("sqlite_", "pragma_")):
            raise asked.error(f"{table.name!r} keeps no history")
        named = table.name if table.schema is None else f"{table.schema}.{table.name}"
        raise sqlite3.OperationalError(f"no such table: {named}")

    def as_view(self, name: str, asked: Asked, extras: Sequence[str]) -> str:
        """Return this text, which is a view's, as of the time that the view is asked for.

        :param extras: pseudo-columns that the view is to have beside its own
        """
        queries = self._queries = self._reader.read()
        self._begin(queries)
        self._columns.wanted = extras
        if any(table.name.lower().startswith(OWN) for query in queries for table in query.tables):
            raise asked.error(f"view {name!r} names a time itself, and can't be read at another one")
        if asked.clause.kind != "AS OF":
            self._check_period(name, queries, asked)
        for query in queries:
            self._query(query, asked, None)
            self._edits += self._columns.expand_stars(query)
        if extras:
            (query,) = queries
            table = quote_identifier(query.tables[0].alias or query.tables[0].name)
            listed = "".join(f", {table}.{extra}" for extra in extras)
            self._edits.append(Edit(query.list_end, query.list_end, f"{listed} "))
        return splice(self._sql, self._edits)

    def _check_period(self, name: str, queries: Sequence[Query], asked: Asked) -> None:
        """Refuse the versions of a view that are not those of one table."""
        (query, *others) = queries
        if others or len(query.sources) != 1 or len(query.tables) != 1 or aggregates(self._tokens, query):
            raise asked.error(
                f"view {name!r} is more than the rows of one table: it can be read AS OF a moment, not over a period"
            )


def _from_above(query: Query) -> Clause | None:
    """Return the AS OF of a SELECT around this one: it is about everything that is read inside."""
    around = query.parent
    while around is not None:
        if around.clause is not None and around.verb == "SELECT":
            return around.clause if _is_moment(around.clause) else None
        around = around.parent
    return None


def _is_moment(clause: Clause | None) -> bool:
    return clause is not None and clause.kind == "AS OF"


def _qualified(schema: str, name: str) -> str:
    prefix = "" if schema == "main" else f"{quote_identifier(schema)}."
    return f"{prefix}{quote_identifier(name)}"
