"""The constraints that a table's definition holds, as they are written: what they are called, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.names import folded

from ..translation.naming import free_name

_OF_TYPES = ("/* enum ", "/* domain ")  # what stands before the constraints that a column has from its type
PRIMARY, UNIQUE, FOREIGN, CHECK = "p", "u", "f", "c"  # as pg_constraint.contype has them
_FIRST = {"PRIMARY": PRIMARY, "UNIQUE": UNIQUE, "FOREIGN": FOREIGN, "REFERENCES": FOREIGN, "CHECK": CHECK}
_ENDS = {PRIMARY: "pkey", UNIQUE: "key", FOREIGN: "fkey", CHECK: "check"}
# What begins the next constraint of a column, or the first.
_STARTS = frozenset((*_FIRST, "CONSTRAINT", "NOT", "NULL", "DEFAULT", "COLLATE", "GENERATED", "AS"))


class Written(NamedTuple):
    """A constraint, as CREATE TABLE writes it."""

    kind: str
    given: str  # its name, "" if it was given none
    name: str  # the one given, or the one that PostgreSQL would make up
    columns: tuple[str, ...]  # its own ones, or those that a CHECK speaks of, as they are written
    clause: str  # what a CHECK demands
    deferrable: bool
    deferred: bool
    label: tuple[int, int] | None  # where the name stands in the text, if it was given one
    start: int  # where the constraint stands, with its name; one of the table's own, with the comma before it
    end: int
    body: int  # where it begins behind its name


@lru_cache(256)
def written(sql: str, table: str) -> tuple[Written, ...]:
    """Return the constraints of a table's definition, in their order.

    >>> [each.name for each in written("CREATE TABLE t (a INT UNIQUE CHECK (a > 0), CHECK (1))", "t")]
    ['t_a_key', 't_a_check', 't_check']
    """
    tokens = tokenize(sql)
    found = [each for definition in _definitions(tokens) for each in _constraints(sql, tokens, *definition)]
    columns = {folded(tokens[at].name) for at, _ in _definitions(tokens) if not _is_of_table(tokens, at)}
    taken = {folded(each.given) for each in found if each.given}
    return tuple(_called(each, table, columns, taken) for each in found)


def of_columns(sql: str) -> tuple[dict[str, tuple[str, bool]], dict[str, str]]:
    """Return the expressions of generated columns, with whether they are stored, and the collations of columns.

    >>> of_columns("CREATE TABLE t (a TEXT COLLATE NOCASE, b INT AS (length(a)) STORED)")
    ({'b': ('length(a)', True)}, {'a': 'NOCASE'})
    """
    tokens = tokenize(sql)
    generated: dict[str, tuple[str, bool]] = {}
    collations: dict[str, str] = {}
    for start, end in _definitions(tokens):
        if _is_of_table(tokens, start):
            continue
        name = tokens[start].name
        for first, behind in _pieces(tokens, start + 1, end):
            inner = _parenthesis(tokens, first, behind)
            if tokens[first].word in ("GENERATED", "AS") and inner:
                stored = tokens[behind - 1].word == "STORED"
                generated[name] = sql[inner[0].start : inner[-1].end], stored
            elif tokens[first].word == "COLLATE":
                collations[name] = tokens[first + 1].name
    return generated, collations


def said(clause: str) -> str:
    """Return what SQLite's error calls a CHECK without a name: its text, of which it removes quotes as from a name."""
    return tokenize(clause)[0].name if clause[:1] in "\"'`[" else clause


def _called(each: Written, table: str, columns: set[str], taken: set[str]) -> Written:
    if each.kind == CHECK:
        words = {
            token.name: None for token in tokenize(each.clause) if token.kind in (Kind.WORD, Kind.QUOTED)
        }
        each = each._replace(columns=tuple(name for name in words if folded(name) in columns))
    if each.given:
        return each._replace(name=each.given)
    parts = [table, *each.columns] if each.kind in (UNIQUE, FOREIGN) or len(each.columns) == 1 else [table]
    base = "_".join((*([table] if each.kind == PRIMARY else parts), _ENDS[each.kind]))
    name = free_name(base, lambda name: folded(name) in taken)
    taken.add(folded(name))
    return each._replace(name=name)


def _definitions(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield where the columns and constraints of a table stand: the first token of each, and the one behind it."""
    depth, start = 0, None
    for at, token in enumerate(tokens):
        if token.text == "(":
            depth += 1
            if depth == 1 and start is None:
                start = at + 1
        elif start is not None and depth == 1 and token.text in (",", ")"):
            if start < at:
                yield start, at
            if token.text == ")":
                return
            start = at + 1
        depth -= token.text == ")"


def _is_of_table(tokens: Sequence[Token], at: int) -> bool:
    return (
        tokens[at].kind is Kind.WORD
        and tokens[at].word in ("CONSTRAINT", *_FIRST)
        and tokens[at].word != "REFERENCES"
    )


def _constraints(sql: str, tokens: Sequence[Token], start: int, end: int) -> Iterator[Written]:
    """Yield the constraints of one definition: of a column, or of the table."""
    own = _is_of_table(tokens, start)
    column = () if own else (tokens[start].name,)
    for first, behind in _pieces(tokens, start if own else start + 1, end):
        label = tokens[first + 1] if tokens[first].word == "CONSTRAINT" else None
        body = first + 2 if label is not None else first
        kind = _FIRST.get(tokens[body].word) if body < behind else None
        if kind is None:
            continue
        if kind == CHECK and sql[tokens[body].end : tokens[body + 1].start].lstrip().startswith(_OF_TYPES):
            continue  # PostgreSQL has them in the type
        inner = _parenthesis(tokens, body, behind)
        words = [token.word for token in tokens[body:behind]]
        names = tuple(token.name for token in inner if token.kind in (Kind.WORD, Kind.QUOTED, Kind.STRING))
        deferrable = "DEFERRABLE" in words and words[words.index("DEFERRABLE") - 1] != "NOT"
        yield Written(
            kind, label.name if label is not None else "", "",
            column or (() if kind == CHECK else _without_options(inner, names)),
            sql[inner[0].start : inner[-1].end] if kind == CHECK and inner else "",
            deferrable, deferrable and "DEFERRED" in words,
            (label.start, label.end) if label is not None else None,
            tokens[first - 1].start if own and tokens[first - 1].text == "," else tokens[first].start,
            tokens[behind - 1].end, tokens[body].start,
        )  # fmt: skip


def _without_options(inner: Sequence[Token], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a key, without COLLATE and its name, ASC and DESC."""
    if len(names) == sum(token.text == "," for token in inner) + 1:
        return names
    firsts = [at for at, _ in enumerate(inner) if at == 0 or inner[at - 1].text == ","]
    return tuple(inner[at].name for at in firsts)


def _parenthesis(tokens: Sequence[Token], at: int, end: int) -> Sequence[Token]:
    """Return what stands in the first parenthesis from a token on."""
    opened = next((here for here in range(at, end) if tokens[here].text == "("), end)
    depth = 0
    for here in range(opened, end):
        depth += (tokens[here].text == "(") - (tokens[here].text == ")")
        if depth == 0:
            return tokens[opened + 1 : here]
    return ()


def _pieces(tokens: Sequence[Token], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where each constraint of a definition begins and ends; what stands before the first is a column's type."""
    begun: int | None = None
    depth = 0
    for at in range(start, end):
        token, before = tokens[at], tokens[at - 1]
        starts = (
            depth == 0
            and token.kind is Kind.WORD
            and token.word in _STARTS
            and not (before.word == "CONSTRAINT" and begun is not None and at - 1 == begun)  # it is the name
            and not (
                begun is not None and at - 2 == begun and tokens[begun].word == "CONSTRAINT"
            )  # what is named
            and not (token.word == "NULL" and before.word in ("NOT", "SET", "DEFAULT"))
            and not (token.word == "DEFAULT" and before.word == "SET")
            and not (token.word == "NOT" and at + 1 < end and tokens[at + 1].word == "DEFERRABLE")
            and not (token.word == "REFERENCES" and begun is not None and _is_foreign(tokens, begun))
            and not (token.word == "AS" and before.word == "ALWAYS")
        )
        if starts:
            if begun is not None:
                yield begun, at
            begun = at
        depth += (token.text == "(") - (token.text == ")")
    if begun is not None:
        yield begun, end


def _is_foreign(tokens: Sequence[Token], begun: int) -> bool:
    body = begun + 2 if tokens[begun].word == "CONSTRAINT" else begun
    return tokens[body].word == "FOREIGN"
