"""Values written to HALFVEC columns, made 2-byte floats: ``halfvec(...)`` is put around them in the statement.

So a list, a VECTOR, JSON text and whatever an expression makes of them can be stored in such a column, by INSERT in all
its forms and by UPDATE. What triggers write stands in the schema, and says halfvec() itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.nesting import parts
from heliosdb_sqlite.sql.schema import Table
from heliosdb_sqlite.sql.splice import Edit, splice

from .relations import Relations, half_columns, relations_of
from .texts import plain_texts

_NAMES = (Kind.WORD, Kind.QUOTED, Kind.STRING)
_VERBS = ("INSERT", "REPLACE", "UPDATE")
_ROWS = '"heliosdb rows"'


def with_halves(connection: Any, statement: Statement) -> Statement:
    """Return the statement with what it writes to HALFVEC columns made that; any other as it is."""
    if statement.verb not in _VERBS:
        return statement
    try:
        with plain_texts(connection):
            schema = relations_of(connection)
    except sqlite3.Error as error:  # no schema to read, which SQLite says when the statement runs
        if "locked" in str(error):
            raise
        return statement
    folded = statement.text.upper()
    if not any(name in folded for name in schema.half_tables):
        return statement
    tokens = tokenize(statement.text)
    verb = next((at for at, token in _outside(tokens, 0) if token.word in _VERBS), None)
    if verb is None:
        return statement
    edits = _update(tokens, verb, schema) if tokens[verb].word == "UPDATE" else _insert(tokens, verb, schema)
    if not edits:
        return statement
    return statement.rewritten(splice(statement.text, edits)).bound_to(schema.schema.stamp)


def _outside(tokens: Sequence[Token], at: int) -> Iterable[tuple[int, Token]]:
    """Yield the tokens that stand in no parenthesis, from a place on, with their places."""
    depth = 0
    for place in range(at, len(tokens)):
        token = tokens[place]
        if token.text == ")":
            depth -= 1
        if depth == 0:
            yield place, token
        if token.text == "(":
            depth += 1


def _target(tokens: Sequence[Token], at: int, schema: Relations) -> tuple[Table | None, int]:
    """Return the table that is named at a place, and the place behind its name."""
    if at >= len(tokens) or tokens[at].kind not in _NAMES:
        return None, at
    place = None
    if at + 2 < len(tokens) and tokens[at + 1].text == ".":
        place, at = tokens[at].name, at + 2
    return schema.schema.table(tokens[at].name, place), at + 1


def _within(part: Sequence[Token], before: str = "halfvec(", after: str = ")") -> list[Edit]:
    """Return the edits that put something around a part of the statement."""
    return [Edit(part[0].start, part[0].start, before), Edit(part[-1].end, part[-1].end, after)]


def _assigned(tokens: Sequence[Token], at: int, halves: frozenset[str]) -> list[Edit]:
    """Return the edits of the assignments that begin at a place, behind SET."""
    edits = []
    ends = frozenset({"FROM", "WHERE", "RETURNING", "ORDER", "LIMIT", "ON"})
    for part in parts(tokens, at, ends):
        texts = [token.text for token in part]
        if len(part) >= 3 and texts[1] == "=" and part[0].name.lower() in halves:
            edits += _within(part[2:])
        elif texts[:1] == ["("] and ")" in texts:
            close = texts.index(")")
            names = [token.name.lower() for token in part[1:close:2]]
            row = part[close + 2 :]
            if texts[close + 1 : close + 3] == ["=", "("] and row[1].word not in ("SELECT", "WITH", "VALUES"):
                values = parts(row, 1)
                for name, value in zip(names, values, strict=False):
                    edits += _within(value) if name in halves and value else []
    return edits


def _update(tokens: Sequence[Token], verb: int, schema: Relations) -> list[Edit]:
    at = verb + 1
    if at < len(tokens) and tokens[at].word == "OR":
        at += 2
    table, at = _target(tokens, at, schema)
    halves = half_columns(table) if table is not None else frozenset()
    begin = next((place for place, token in _outside(tokens, at) if token.word == "SET"), None)
    return _assigned(tokens, begin + 1, halves) if halves and begin is not None else []


def _insert(tokens: Sequence[Token], verb: int, schema: Relations) -> list[Edit]:
    into = next((place for place, token in _outside(tokens, verb) if token.word == "INTO"), None)
    if into is None:
        return []
    table, at = _target(tokens, into + 1, schema)
    halves = half_columns(table) if table is not None else frozenset()
    if table is None or not halves:
        return []
    if at < len(tokens) and tokens[at].word == "AS":
        at += 2
    columns = [column.name.lower() for column in table.columns if not column.generated]
    if at < len(tokens) and tokens[at].text == "(":
        named = parts(tokens, at + 1)
        columns = [part[0].name.lower() for part in named if part]
        closed = next((place for place, token in _outside(tokens, at) if token.text == ")"), None)
        if closed is None:
            return []  # a syntax error, as SQLite will say
        at = closed + 1
    places = [place for place, name in enumerate(columns) if name in halves]
    edits, end = _source(tokens, at, columns, places)
    for place, token in _outside(tokens, end):
        if token.word == "SET" and tokens[place - 1].word == "UPDATE":
            edits += _assigned(tokens, place + 1, halves)
    return edits


def _source(
    tokens: Sequence[Token], at: int, columns: Sequence[str], places: Sequence[int]
) -> tuple[list[Edit], int]:
    """Return the edits of what an INSERT inserts, and where that ends."""
    if at >= len(tokens):
        return [], at
    end = len(tokens)
    for place, token in _outside(tokens, at):
        following = tokens[place + 1].word if place + 1 < len(tokens) else ""
        if token.text == ";" or token.word == "RETURNING" or (token.word == "ON" and following == "CONFLICT"):
            end = place
            break
    if tokens[at].word == "VALUES":
        edits = []
        for place, token in _outside(tokens, at + 1):
            if place >= end:
                break
            if token.text == "(":
                values = parts(tokens, place + 1)
                for each in places:
                    edits += _within(values[each]) if each < len(values) and values[each] else []
        return edits, end
    if tokens[at].word not in ("SELECT", "WITH") or not places:
        return [], end
    names = [f"c{number}" for number in range(len(columns))]
    chosen = ", ".join(f"halfvec({name})" if place in places else name for place, name in enumerate(names))
    # WHERE true: or an ON CONFLICT behind it would be read as a join's.
    before = f"WITH {_ROWS} ({', '.join(names)}) AS ("
    return _within(tokens[at:end], before, f") SELECT {chosen} FROM {_ROWS} WHERE true"), end
