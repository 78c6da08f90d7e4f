"""The SELECTs of a statement: the tables each reads, and the clauses about time that stand behind them.

Only what a clause needs is read: where a SELECT begins and ends, what stands in its FROM, whether it says ``*``.
Everything else is skipped, whatever it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from heliosdb_sqlite.sql.lexer import Kind, Token

from ..errors import at
from .clauses import Clause, closing, read_clause

_JOINING = frozenset({"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "OUTER"})
_AFTER_FROM = frozenset({"WHERE", "GROUP", "HAVING", "WINDOW"})
_TAIL = frozenset({"ORDER", "LIMIT"})
_COMPOUND = frozenset({"UNION", "EXCEPT", "INTERSECT"})
_BEGINS_QUERY = frozenset({"SELECT", "VALUES", "WITH"})


@dataclass
class Table:
    """A table in a FROM: its name's place in the text, and what follows it."""

    schema: str | None
    name: str
    start: int
    end: int
    alias: str | None = None
    clause: Clause | None = None
    indexed: Token | None = None
    """The INDEXED BY or NOT INDEXED that follows."""
    target: bool = False
    """It is what an UPDATE or DELETE changes."""


@dataclass
class Query:
    """One SELECT: what stands between its SELECT and the end, or the next UNION."""

    start: int
    parent: Query | None
    tables: list[Table] = field(default_factory=list)
    sources: list[tuple[str | None, Table | None]] = field(default_factory=list)
    """What its FROM reads, in order: by which name columns are found, and the table, if it is one."""
    children: list[Query] = field(default_factory=list)
    """All SELECTs inside it."""
    clause: Clause | None = None
    """The clause behind its WHERE."""
    stars: list[tuple[int, int, str]] = field(default_factory=list)
    """Each ``*`` or ``t.*`` of its list: its place, and the name before the point."""
    list_start: int = 0
    list_end: int = 0
    compound: bool = False
    ordered: bool = False
    shares_columns: bool = False
    """It has a NATURAL join, or one with USING."""
    tail: int = 0
    """Where an ORDER BY would go."""
    verb: str = "SELECT"
    common: frozenset[str] = frozenset()
    """The names of the WITH clauses around it, in lower case."""


class Reader:
    """Reads one statement."""

    def __init__(self, sql: str, tokens: Sequence[Token]) -> None:
        self.sql = sql
        self.tokens = tokens
        self.queries: list[Query] = []
        self.clauses: list[Clause] = []

    def read(self) -> list[Query]:
        """Return all SELECTs of the statement, and the UPDATEs and DELETEs.

        :raises OperationalError: a clause is wrong, or stands where it says nothing
        """
        place = 0
        while place < len(self.tokens):
            place = self._level(place, len(self.tokens), None, frozenset())
            place += 1
        for query in self.queries:
            query.tail = query.tail or self._end_of(query)
        known = {clause.start for clause in self.clauses}
        for here, token in enumerate(self.tokens[:-1]):
            if (
                token.word == "FOR"
                and self.tokens[here + 1].word == "SYSTEM_TIME"
                and token.start not in known
            ):
                raise at(
                    self.sql,
                    token.start,
                    "FOR SYSTEM_TIME stands behind a table, or behind the WHERE of a SELECT",
                )
        return self.queries

    # -- one level of parentheses ------------------------------------------------------------------------------------
    def _level(self, place: int, end: int, parent: Query | None, common: frozenset[str]) -> int:
        """Read what stands on one level of parentheses, from ``place`` to ``end``; return where it stopped."""
        query: Query | None = None
        part = ""
        compound_clause: list[Query] = []
        while place < end:
            token = self.tokens[place]
            word = token.word
            if token.text == ";":
                query, part, common, compound_clause = None, "", frozenset(), []
                place += 1
                continue
            if word == "WITH" and query is None:
                place, names = self._with(place + 1, end, parent, common)
                common |= names
                continue
            if word in ("SELECT", "VALUES") and (query is None or part in ("", "compound")):
                compound = part == "compound"
                query = self._begin(token, parent, common)
                query.compound = compound
                compound_clause.append(query)
                if compound:
                    for each in compound_clause:
                        each.compound = True
                part = "list"
                place += 1
                query.list_start = token.end
                if word == "SELECT" and place < end and self.tokens[place].word in ("DISTINCT", "ALL"):
                    query.list_start = self.tokens[place].end
                    place += 1
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
                place = self._tables(place + 1, end, query, common)
                continue
            if word in _AFTER_FROM and part in ("from", "list", "after"):
                query.list_end = query.list_end or token.start
                part = "after"
                place += 1
                continue
            if word in _TAIL and part != "tail":
                query.list_end = query.list_end or token.start
                query.ordered = word == "ORDER"
                query.tail = query.tail or token.start
                part = "tail"
                place += 1
                continue
            if word in _COMPOUND:
                query.list_end = query.list_end or token.start
                query.tail = query.tail or token.start
                part = "compound"
                place += 1
                if place < end and self.tokens[place].word == "ALL":
                    place += 1
                continue
            if word == "RETURNING" or (word == "ON" and self._is(place + 1, "CONFLICT")):
                part = "rest"
                place += 1
                continue
            clause = self._clause_behind(query, place, part)
            if clause is not None:
                place = clause.after
                continue
            if part == "list" and query.verb == "SELECT" and token.text == "*":
                self._star(place, query)
            place = self._skip(place, end, query, common)
        if query is not None and not query.list_end:
            query.list_end = self.tokens[end - 1].end if end else 0
        return place

    def _clause_behind(self, query: Query, place: int, part: str) -> Clause | None:
        """Return the clause that begins here, behind the WHERE of a SELECT; one in a SELECT's list is an alias."""
        word = self.tokens[place].word
        if part == "list" or not (
            (word == "AS" and self._is(place + 1, "OF"))
            or (word == "FOR" and self._is(place + 1, "SYSTEM_TIME"))
        ):
            return None
        if part == "rest":
            raise at(self.sql, self.tokens[place].start, "a clause about time belongs to a SELECT")
        clause = read_clause(self.sql, self.tokens, place)
        if clause is None:
            return None
        if part == "tail" and query.compound:
            raise at(
                self.sql,
                clause.start,
                "behind the ORDER BY or LIMIT of a compound SELECT it is not clear which SELECT this is about: "
                "write it behind that one's WHERE, or behind a table",
            )
        if query.clause is not None:
            raise at(self.sql, clause.start, "this SELECT has a clause about time already")
        query.clause = clause
        self.clauses.append(clause)
        return clause

    def _begin(self, token: Token, parent: Query | None, common: frozenset[str]) -> Query:
        query = Query(token.start, parent, common=common)
        self.queries.append(query)
        if parent is not None:
            parent.children.append(query)
        return query

    def _is_verb(self, place: int) -> bool:
        """Return whether UPDATE or DELETE is what the statement does, no part of ON UPDATE, DO UPDATE and the like."""
        before = self.tokens[place - 1] if place else None
        return before is None or before.text in (")", ";") or before.word in ("BEGIN", "PLAN", "EXPLAIN")

    def _target(self, place: int, end: int, query: Query) -> int:
        while place < end and self.tokens[place].word in (
            "FROM",
            "OR",
            "ROLLBACK",
            "ABORT",
            "REPLACE",
            "FAIL",
            "IGNORE",
        ):
            place += 1
        table, place = self._table(place, end, query)
        if table is not None:
            table.target = True
            query.tables.append(table)
        return place

    def _with(
        self, place: int, end: int, parent: Query | None, common: frozenset[str]
    ) -> tuple[int, frozenset[str]]:
        """Read the tables of a WITH clause, and return the place behind it and their names."""
        names: set[str] = set()
        if place < end and self.tokens[place].word == "RECURSIVE":
            place += 1
        while place < end:
            names.add(self.tokens[place].name.lower())
            place += 1
            if place < end and self.tokens[place].text == "(":
                place = closing(self.tokens, place) + 1
            while place < end and self.tokens[place].word in ("AS", "NOT", "MATERIALIZED"):
                place += 1
            if place < end and self.tokens[place].text == "(":
                close = closing(self.tokens, place)
                self._level(place + 1, close, parent, common | frozenset(names))
                place = close + 1
            if place >= end or self.tokens[place].text != ",":
                break
            place += 1
        return place, frozenset(names)

    def _skip(self, place: int, end: int, parent: Query | None, common: frozenset[str]) -> int:
        """Step over a token, or over what parentheses hold, in which there may be queries."""
        if self.tokens[place].text != "(":
            return place + 1
        close = min(closing(self.tokens, place), end)
        if place + 1 < close and self.tokens[place + 1].word in _BEGINS_QUERY:
            self._level(place + 1, close, parent, common)
        else:
            inside = place + 1
            while inside < close:
                inside = self._skip(inside, close, parent, common)
        return close + 1

    # -- FROM --------------------------------------------------------------------------------------------------------
    def _tables(self, place: int, end: int, query: Query, common: frozenset[str]) -> int:
        """Read a FROM up to what follows it."""
        expecting = True  # a table
        while place < end:
            token = self.tokens[place]
            word = token.word
            if (
                token.text == ";"
                or word in _AFTER_FROM
                or word in _TAIL
                or word in _COMPOUND
                or word == "RETURNING"
            ):
                break
            if token.text == ",":
                expecting = True
                place += 1
            elif word in _JOINING and self._joins(place):
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

    def _joins(self, place: int) -> bool:
        """Return whether a word such as LEFT or CROSS begins a join: in an ON clause left(...) is a function."""
        called = place + 1 < len(self.tokens) and self.tokens[place + 1].text == "("
        return not called or self.tokens[place].word == "JOIN"

    def _in_parentheses(self, place: int, query: Query, common: frozenset[str]) -> int:
        close = closing(self.tokens, place)
        inside = self.tokens[place + 1].word if place + 1 < close else ""
        if inside not in _BEGINS_QUERY:
            self._tables(place + 1, close, query, common)
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

    def _table(self, place: int, end: int, query: Query) -> tuple[Table | None, int]:
        """Read a table's name and what follows it; None for a table-valued function."""
        if place >= end:
            return None, place
        first = last = self.tokens[place]
        schema = None
        if place + 2 < end and self.tokens[place + 1].text == ".":
            schema, last = first.name, self.tokens[place + 2]
            place += 2
        place += 1
        if place < end and self.tokens[place].text == "(":
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

    # -- small questions ---------------------------------------------------------------------------------------------
    def _is(self, place: int, word: str) -> bool:
        return place < len(self.tokens) and self.tokens[place].word == word

    def _is_clause(self, place: int) -> bool:
        return (self._is(place, "AS") and self._is(place + 1, "OF")) or (
            self._is(place, "FOR") and self._is(place + 1, "SYSTEM_TIME")
        )

    def _is_alias(self, place: int) -> bool:
        token = self.tokens[place]
        if token.kind in (Kind.QUOTED, Kind.STRING):
            return True
        return token.kind is Kind.WORD and token.word not in (
            _JOINING
            | _AFTER_FROM
            | _TAIL
            | _COMPOUND
            | {"ON", "USING", "INDEXED", "NOT", "AS", "SET", "RETURNING", "FOR", "SELECT", "VALUES", "DO"}
        )

    def _is_distinct_from(self, place: int) -> bool:
        """Return whether FROM is part of IS [NOT] DISTINCT FROM."""
        before = [token.word for token in self.tokens[max(0, place - 3) : place]]
        return before[-1:] == ["DISTINCT"] and before[-2:-1] in (["IS"], ["NOT"])

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
