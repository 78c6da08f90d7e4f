"""The SELECTs of a statement: the tables each reads, and the clauses about time that stand behind them.

Only what a clause needs is read: where a SELECT begins and ends, what stands in its FROM, whether it says ``*``.
Everything else is skipped, whatever it is.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping

from heliosdb_sqlite.sql.lexer import Token

from ..errors import at
from .clauses import Clause, closing, read_clause
from .queries import Common, Query
from .sources import Sources
from .words import AFTER_FROM, COMPOUND, TAIL

_CONFLICT = ("FROM", "OR", "ROLLBACK", "ABORT", "REPLACE", "FAIL", "IGNORE")


class Reader(Sources):
    """Reads one statement."""

    def read(self) -> list[Query]:
        """Return all SELECTs of the statement, and the UPDATEs and DELETEs.

        :raises OperationalError: a clause is wrong, or stands where it says nothing
        """
        place = 0
        while place < len(self.tokens):
            place = self._level(place, len(self.tokens), None, {}, main=True)
            place += 1
        for query in self.queries:
            query.end = self._end_of(query)
            query.tail = query.tail or query.end
        known = {clause.start for clause in self.clauses}
        for here, token in enumerate(self.tokens[:-1]):
            if token.word == "FOR" and self._is(here + 1, "SYSTEM_TIME") and token.start not in known:
                raise at(
                    self.sql,
                    token.start,
                    "FOR SYSTEM_TIME stands behind a table, or behind the WHERE of a SELECT",
                )
        return self.queries

    # -- one level of parentheses ------------------------------------------------------------------------------------
    def _level(
        self, place: int, end: int, parent: Query | None, common: Mapping[str, Common], *, main: bool = False
    ) -> int:
        query: Query | None = None
        part = ""
        parts_of_compound: list[Query] = []
        while place < end:
            token = self.tokens[place]
            word = token.word
            if token.text == ";":
                query, part, common, parts_of_compound = None, "", {}, []
                place += 1
                continue
            if word == "WITH" and query is None:
                place, common = self._with(place + 1, end, parent, common)
                continue
            if word in ("SELECT", "VALUES") and (query is None or part in ("", "compound")):
                query = self._begin(token, parent, common)
                query.main = main
                query.verb = word
                parts_of_compound.append(query)
                if part == "compound":
                    for each in parts_of_compound:
                        each.compound = True
                part = "list" if word == "SELECT" else "after"
                place = self._begin_list(place, end, query)
                continue
            if word in ("UPDATE", "DELETE") and query is None and self._is_verb(place):
                query = self._begin(token, parent, common)
                query.verb = word
                part = "list"
                place = self._target(place + 1, end, query)
                continue
            if query is None:
                place = self._skip(place, end, parent, common)
                continue
            if word == "FROM" and part == "list" and not self._is_distinct_from(place):
                query.list_end = query.list_end or token.start
                part = "from"
                place = self._from(place + 1, end, query, common)
                continue
            if word in AFTER_FROM and part in ("from", "list", "after"):
                query.list_end = query.list_end or token.start
                query.grouped |= word == "GROUP"
                part = "after"
                place += 1
                continue
            if word in TAIL and part != "tail":
                query.list_end = query.list_end or token.start
                query.ordered = word == "ORDER"
                query.tail = query.tail or token.start
                part = "tail"
                place += 1
                continue
            if word in COMPOUND:
                query.list_end = query.list_end or token.start
                query.tail = query.tail or token.start
                part = "compound"
                place += 1 + self._is(place + 1, "ALL")
                continue
            if word == "RETURNING" or (word == "ON" and self._is(place + 1, "CONFLICT")):
                part = "rest"
                place += 1
                continue
            clause = self._clause_behind(query, place, part, parts_of_compound)
            if clause is not None:
                place = clause.after
                continue
            if part == "list" and query.verb == "SELECT" and token.text == "*":
                self._star(place, query)
            place = self._skip(place, end, query, common)
        if query is not None and not query.list_end:
            query.list_end = self.tokens[end - 1].end if end else 0
        return place

    def _begin(self, token: Token, parent: Query | None, common: Mapping[str, Common]) -> Query:
        query = Query(token.start, parent, common=common)
        self.queries.append(query)
        if parent is not None:
            parent.children.append(query)
        return query

    def _begin_list(self, place: int, end: int, query: Query) -> int:
        query.list_start = self.tokens[place].end
        place += 1
        if query.verb == "SELECT" and place < end and self.tokens[place].word in ("DISTINCT", "ALL"):
            query.list_start = self.tokens[place].end
            query.grouped = self._is(place, "DISTINCT")
            place += 1
        return place

    def _target(self, place: int, end: int, query: Query) -> int:
        while place < end and self.tokens[place].word in _CONFLICT:
            place += 1
        table, place = self._table(place, end, query)
        if table is not None:
            table.target = True
            query.tables.append(table)
        return place

    def _with(
        self, place: int, end: int, parent: Query | None, common: Mapping[str, Common]
    ) -> tuple[int, Mapping[str, Common]]:
        """Read the tables of a WITH clause; return the place behind it, and what can be read from there on."""
        own: dict[str, Common] = {}
        # A table in it may name one that comes later.
        seen: Mapping[str, Common] = ChainMap(own, dict(common))
        if self._is(place, "RECURSIVE"):
            place += 1
        while place < end:
            made = own[self.tokens[place].name.lower()] = Common(self.tokens[place].name)
            place += 1
            if place < end and self._is_text(place, "("):
                place = closing(self.tokens, place) + 1
            while place < end and self.tokens[place].word in ("AS", "NOT", "MATERIALIZED"):
                place += 1
            if place < end and self._is_text(place, "("):
                close, first = closing(self.tokens, place), len(self.queries)
                self._level(place + 1, close, parent, seen)
                made.bodies += self.queries[first:]
                for body in made.bodies:
                    body.within = body.within or made
                place = close + 1
            if place >= end or not self._is_text(place, ","):
                break
            place += 1
        return place, seen

    # -- clauses -----------------------------------------------------------------------------------------------------
    def _clause_behind(
        self, query: Query, place: int, part: str, parts_of_compound: list[Query]
    ) -> Clause | None:
        """Return the clause that begins here, behind the WHERE of a SELECT; one in a SELECT's list is an alias.

        Behind the ORDER BY or LIMIT of a compound SELECT it is about all of that.
        """
        if part == "list" or not self._is_clause(place):
            return None
        if part == "rest":
            raise at(self.sql, self.tokens[place].start, "a clause about time belongs to a SELECT")
        clause = read_clause(self.sql, self.tokens, place)
        if clause is None:
            return None
        for each in parts_of_compound if part == "tail" else [query]:
            if each.clause is not None:
                raise at(self.sql, clause.start, "this SELECT has a clause about time already")
            if part == "tail" and each.verb == "VALUES" and query.compound:
                continue
            each.clause = clause
        self.clauses.append(clause)
        return clause

    # -- places ------------------------------------------------------------------------------------------------------
    def _star(self, place: int, query: Query) -> None:
        token = self.tokens[place]
        before = self.tokens[place - 1]
        if before.text == "." and place >= 2:
            query.stars.append((self.tokens[place - 2].start, token.end, self.tokens[place - 2].name))
        elif before.text == "," or before.word in ("SELECT", "DISTINCT", "ALL"):
            query.stars.append((token.start, token.end, ""))

    def _end_of(self, query: Query) -> int:
        """Return where the query ends: at the parenthesis that closes it, a semicolon, or the end of the text."""
        depth = 0
        for token in self.tokens:
            if token.start <= query.start:
                continue
            depth += (token.text == "(") - (token.text == ")")
            if depth < 0 or (token.text == ";" and not depth):
                return token.start
        return self.tokens[-1].end
