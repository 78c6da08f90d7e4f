"""What a FROM reads: tables, joins, queries in parentheses, each with its alias and its clause about time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from heliosdb_sqlite.sql.lexer import Kind, Token

from ..errors import at
from .clauses import Clause, closing, read_clause
from .queries import Common, Query, Table
from .words import AFTER_FROM, BEGINS_QUERY, COMPOUND, JOINING, TAIL, Words

_ENDS_FROM = AFTER_FROM | TAIL | COMPOUND | {"RETURNING"}


class Sources(Words):
    """Reads FROMs. What stands in parentheses is for the reader of whole statements."""

    def __init__(self, sql: str, tokens: Sequence[Token]) -> None:
        super().__init__(sql, tokens)
        self.queries: list[Query] = []
        self.clauses: list[Clause] = []

    @abstractmethod
    def _level(self, place: int, end: int, parent: Query | None, common: Mapping[str, Common]) -> int:
        """Read what stands on one level of parentheses, from ``place`` to ``end``; return where it stopped."""

    def _skip(self, place: int, end: int, parent: Query | None, common: Mapping[str, Common]) -> int:
        """Step over a token, or over what parentheses hold, in which there may be queries."""
        if parent is not None and self._is_named_list(place):
            return self._listed(place + 1, end, parent)
        if self.tokens[place].text != "(":
            return place + 1
        close = min(closing(self.tokens, place), end)
        if place + 1 < close and self.tokens[place + 1].word in BEGINS_QUERY:
            self._level(place + 1, close, parent, common)
        else:
            inside = place + 1
            while inside < close:
                inside = self._skip(inside, close, parent, common)
        return close + 1

    def _listed(self, place: int, end: int, query: Query) -> int:
        """Read the table in ``IN table``."""
        schema, first, last, place = self._name(place, end)
        if not self._is_text(place, "("):
            query.tables.append(Table(schema, last.name, first.start, last.end, listed=True))
        return place

    def _from(self, place: int, end: int, query: Query, common: Mapping[str, Common]) -> int:
        """Read a FROM up to what follows it."""
        expecting = True  # a table
        while place < end:
            token = self.tokens[place]
            word = token.word
            if token.text == ";" or word in _ENDS_FROM:
                break
            if token.text == ",":
                expecting = True
                place += 1
            elif word in JOINING and self._joins(place):
                query.shares_columns |= word == "NATURAL"
                expecting = True
                place += 1
            elif expecting and token.text == "(":
                place = self._in_parentheses(place, query, common)
                expecting = False
            elif expecting and token.kind in (Kind.WORD, Kind.QUOTED, Kind.STRING):
                table, place = self._table(place, end, query)
                if table is not None:
                    query.tables.append(table)
                    query.sources.append((table.alias or table.name, table))
                expecting = False
            elif self._is_clause(place):
                break  # behind an ON: it belongs to the SELECT
            elif word == "USING":
                query.shares_columns = True
                place = self._skip(place + 1, end, query, common) if place + 1 < end else place + 1
            elif word == "ON" and self._is(place + 1, "CONFLICT"):
                break
            else:
                place = self._skip(place, end, query, common)
        return place

    def _in_parentheses(self, place: int, query: Query, common: Mapping[str, Common]) -> int:
        close = closing(self.tokens, place)
        inside = self.tokens[place + 1].word if place + 1 < close else ""
        if inside not in BEGINS_QUERY:
            self._from(place + 1, close, query, common)
            return self._behind_group(close + 1)
        first = len(self.queries)
        self._level(place + 1, close, query, common)
        alias, clause, place = self._behind(close + 1)
        made = [each for each in self.queries[first:] if each.parent is query]
        query.sources.append((alias, None))
        if clause is not None:
            for each in made:
                if each.clause is not None:
                    raise at(
                        self.sql,
                        clause.start,
                        "the SELECT in these parentheses has a clause about time already",
                    )
                each.clause = clause
        return place

    def _behind_group(self, place: int) -> int:
        if (
            self._is_clause(place)
            and read_clause(self.sql, self.tokens, place, alias_possible=True) is not None
        ):
            raise at(
                self.sql,
                self.tokens[place].start,
                "write the clause behind each table of the join that it is about",
            )
        return place

    def _behind(self, place: int) -> tuple[str | None, Clause | None, int]:
        """Read an alias and a clause, in either order."""
        alias: str | None = None
        clause: Clause | None = None
        while place < len(self.tokens):
            token = self.tokens[place]
            if self._is_clause(place):
                found = read_clause(self.sql, self.tokens, place, alias_possible=alias is None)
                if found is not None:
                    if clause is not None:
                        raise at(self.sql, found.start, "this table has a clause about time already")
                    clause, place = found, found.after
                    self.clauses.append(found)
                    continue
            if token.word == "AS" and alias is None and place + 1 < len(self.tokens):
                alias, place = self.tokens[place + 1].name, place + 2
            elif alias is None and self._is_alias(place):
                alias, place = token.name, place + 1
            else:
                break
        return alias, clause, place

    def _name(self, place: int, end: int) -> tuple[str | None, Token, Token, int]:
        """Read ``name`` or ``schema.name``: the schema, the first and the last token, the place behind."""
        first = self.tokens[place]
        if place + 2 < end and self._is_text(place + 1, "."):
            return first.name, first, self.tokens[place + 2], place + 3
        return None, first, first, place + 1

    def _table(self, place: int, end: int, query: Query) -> tuple[Table | None, int]:
        """Read a table's name and what follows it; None for a table-valued function."""
        if place >= end:
            return None, place
        schema, first, last, place = self._name(place, end)
        if place < end and self._is_text(place, "("):
            place = closing(self.tokens, place) + 1
            alias, clause, place = self._behind(place)
            if clause is not None:
                raise at(self.sql, clause.start, f"{last.name}() is a function: it has no history")
            query.sources.append((alias or last.name, None))
            return None, place
        table = Table(schema, last.name, first.start, last.end)
        table.alias, table.clause, place = self._behind(place)
        if self._is(place, "INDEXED") or (self._is(place, "NOT") and self._is(place + 1, "INDEXED")):
            table.indexed = self.tokens[place]
            place += 3 if self._is(place, "INDEXED") else 2
            if table.clause is None and self._is_clause(place):
                _, table.clause, place = self._behind(place)
        return table, place
