"""The columns that a version has beside the table's own, and what ``*`` means where there are such."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit

from ..errors import at
from ..storage.shape import ROWID_NAMES
from .clauses import Clause
from .queries import Query, Table, innermost
from .relation import PSEUDO, Past

_WRITES = ("INSERT", "REPLACE", "UPDATE", "DELETE")
_AGGREGATES = ("count", "sum", "total", "avg", "min", "max", "group_concat", "string_agg")


class Shown(NamedTuple):
    """What stands for a table in the statement: its columns, and others that ``*`` does not mean."""

    columns: tuple[str, ...]
    extras: tuple[str, ...]


class Columns:
    """Finds the columns that one statement names."""

    def __init__(self, sql: str, tokens: Sequence[Token], queries: list[Query]) -> None:
        self._sql = sql
        self._tokens = tokens
        self._queries = queries
        self._words = {token.name.lower() for token in tokens if token.kind in (Kind.WORD, Kind.QUOTED)}
        self.wanted: Sequence[str] = ()
        """Columns that the statement around a view names."""
        self.shown: dict[int, Shown] = {}
        """What stands for each table, by the table's place in the text."""

    def extras(self, past: Past, query: Query, table: Table) -> list[str]:
        """Return the columns beyond the table's own that the statement names."""
        own = {name.lower() for name in past.columns}
        extras = self.pseudo(own)
        for name in ROWID_NAMES:
            token = (
                self._naming_rowid(name, query, table) if name in self._words and name not in own else None
            )
            if token is None:
                continue
            if not past.now.rowid_is_key:
                raise at(
                    self._sql,
                    token.start,
                    f"the rowid of {past.now.name!r} is not part of its history: name its primary key",
                )
            extras.append(name)
        dropped = {
            column.name.lower()
            for branch in past.branches
            for column in branch.table.columns
            if column.dropped is not None
        }
        return extras + sorted(name for name in dropped if name in self._words and name not in own)

    def pseudo(self, own: set[str]) -> list[str]:
        """Return the pseudo-columns that the statement names, those left out that are columns of the table's own."""
        return [name for name in PSEUDO if (name in self._words or name in self.wanted) and name not in own]

    def _naming_rowid(self, name: str, query: Query, table: Table) -> Token | None:
        """Return where a name of the rowid stands that means this table's."""
        alias = (table.alias or table.name).lower()
        for place, token in enumerate(self._tokens):
            if token.kind not in (Kind.WORD, Kind.QUOTED) or token.name.lower() != name:
                continue
            if place >= 2 and self._tokens[place - 1].text == ".":
                if self._tokens[place - 2].name.lower() == alias:
                    return token
                continue
            around = innermost(self._queries, token.start)
            while around is not None and not around.sources:
                around = around.parent
            if around is query:
                return token
        return None

    # -- pairs -------------------------------------------------------------------------------------------------------
    def paired(self) -> Table | None:
        """Return the table whose versions a bare SELECT * gives as pairs of (system_time, row)."""
        main = next((query for query in self._queries if query.main), None)
        if main is None or main.compound or len(main.stars) != 1 or main.stars[0][2]:
            return None
        listed = [token for token in self._tokens if main.list_start <= token.start < main.list_end]
        begins = next((token.word for token in self._tokens if token.text != ";"), "")
        if len(listed) != 1 or begins not in ("SELECT", "WITH", "EXPLAIN") or self._writes():
            return None
        over_period = [
            table for table in main.tables if not table.listed and _is_period(table.clause or main.clause)
        ]
        return over_period[0] if len(over_period) == 1 else None

    def _writes(self) -> bool:
        return any(before.text == ")" and token.word in _WRITES for before, token in pairwise(self._tokens))

    def make_pairs(self, query: Query, table: Table) -> list[Edit]:
        """Return the edits that have the time of a version come before its row, and the versions in order."""
        start, end, _ = query.stars[0]
        named = quote_identifier(table.alias or table.name)
        edits = [Edit(start, end, f"{named}.system_time, {self._all_columns(query)}")]
        if not query.ordered:
            edits.append(Edit(query.tail, query.tail, f" ORDER BY {named}.system_time "))
        return edits

    # -- stars -------------------------------------------------------------------------------------------------------
    def expand_stars(self, query: Query) -> list[Edit]:
        """Return the edits that leave the other columns out of what ``*`` means."""
        edits = []
        for start, end, name in query.stars:
            meant = [
                (alias, table)
                for alias, table in query.sources
                if not name or (alias is not None and alias.lower() == name.lower())
            ]
            if not any(table is not None and self._extras_of(table) for _, table in meant):
                continue
            if not name:
                edits.append(Edit(start, end, self._all_columns(query)))
            else:
                edits += [
                    Edit(start, end, self._columns_of(alias, table))
                    for alias, table in meant
                    if alias and table
                ]
        return edits

    def _extras_of(self, table: Table) -> tuple[str, ...]:
        shown = self.shown.get(table.start)
        return shown.extras if shown is not None else ()

    def _all_columns(self, query: Query) -> str:
        if query.shares_columns:
            raise at(
                self._sql,
                query.start,
                "* and a column such as system_time don't go together with NATURAL or USING: "
                "name the columns to select",
            )
        listed = []
        for alias, table in query.sources:
            if alias is None:
                raise at(self._sql, query.start, "give the SELECT in the FROM a name: (SELECT ...) AS name")
            listed.append(self._columns_of(alias, table))
        return ", ".join(listed)

    def _columns_of(self, alias: str, table: Table | None) -> str:
        shown = self.shown.get(table.start) if table is not None else None
        named = quote_identifier(alias)
        if shown is None:
            return f"{named}.*"
        return ", ".join(f"{named}.{quote_identifier(column)}" for column in shown.columns)


def aggregates(tokens: Sequence[Token], query: Query) -> bool:
    """Return whether the rows of a query are not those of its table one by one."""
    listed = [token for token in tokens if query.list_start <= token.start < query.list_end]
    called = [one.word.lower() for one, two in pairwise(listed) if two.text == "("]
    return query.grouped or any(name in _AGGREGATES or name.startswith("json_group_") for name in called)


def _is_period(clause: Clause | None) -> bool:
    return clause is not None and clause.kind != "AS OF"
