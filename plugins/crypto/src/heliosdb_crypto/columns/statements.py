"""Statements that have to do with encrypted columns, looked through and rewritten once per text and schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.names import Column, Scope, Source
from heliosdb_sqlite.sql.nesting import closing, outside, parts, word_at
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, splice
from heliosdb_sqlite.sql.tree import parse

from .changes import Changes
from .ciphers import Cipher, refuse_leak
from .declared import EncryptedColumn
from .names import SEAL
from .parsing import for_parser
from .relations import Relation, Relations
from .resolving import Resolver
from .writing import assignment_edits, comparison_edits, quoted_edits, sealing

_ROWS = "heliosdb_rows"
_END_OF_ROWS = f") SELECT * FROM {_ROWS}) WHERE true"


def rewritten(sql: str, relations: Relations, outer: Scope = ()) -> str:
    """Return a SELECT, INSERT, UPDATE or DELETE as it is to run.

    :raises NotSupportedError: it wants something of a ciphertext that one can't do
    """
    tokens = [token for token in tokenize(sql) if token.text != ";"]
    tree = parse(for_parser(sql))
    resolver = Changes(relations, sql)
    edits: list[Edit] = []
    if isinstance(tree, exp.Insert):
        edits = _insert(tree, tokens, resolver, relations, outer)
    elif isinstance(tree, exp.Update):
        resolver.update(tree, outer)
        relation = _target(tree.this, relations)
        edits = assignment_edits(tokens, word_at(tokens, frozenset({"SET"})) + 1, _encrypted(relation))
    elif isinstance(tree, exp.Delete):
        resolver.delete(tree, outer)
    else:
        columns = resolver.query(tree, {}, outer)
        if not outer:
            resolver.handed_out(columns)
    inner = comparison_edits(tokens, list(dict.fromkeys(resolver.comparisons)))
    inner += quoted_edits(list(dict.fromkeys(resolver.quoted)), tokens)
    # What is put around something begins before what is put into it, and ends behind it.
    opening = [each for each in edits if each.text != _END_OF_ROWS]
    return splice(sql, [*opening, *inner, *(each for each in edits if each.text == _END_OF_ROWS)])


def _insert(
    tree: Any, tokens: list[Token], resolver: Changes, relations: Relations, outer: Scope
) -> list[Edit]:
    kinds, table = resolver.insert(tree, outer)
    relation = _target(table, relations)
    if relation is None:
        return []
    columns = {name.lower(): kind for name, kind in relation.columns}
    into = word_at(tokens, frozenset({"INTO"}))
    begin = word_at(tokens, frozenset({"VALUES", "SELECT", "WITH", "DEFAULT"}), into)
    if isinstance(tree.this, exp.Schema):
        names = [each.name for each in tree.this.expressions]
    else:
        schema_table = relations.schema.table(table.name, table.db or None)
        assert schema_table is not None  # noqa: S101 - it has a relation
        names = [column.name for column in schema_table.columns if not column.generated]
    targets = [columns.get(name.lower()) for name in names]
    for name, target, kind in zip(names, targets, kinds, strict=False):
        refuse_leak(kind, Cipher(target) if target is not None else None, f"column {name!r}")
    edits: list[Edit] = []
    if begin < len(tokens) and any(targets) and tokens[begin].word != "DEFAULT":
        end = _end_of_rows(tokens, begin)
        if tokens[begin].word == "VALUES":
            edits = _values(tokens[begin + 1 : end], targets)
        else:
            edits = _select(tokens[begin:end], targets, into, tokens)
    conflict = word_at(tokens, frozenset({"CONFLICT"}), begin)
    while conflict < len(tokens):
        place = word_at(tokens, frozenset({"SET", "CONFLICT"}), conflict + 1)
        if place < len(tokens) and tokens[place].word == "SET":
            last = word_at(tokens, frozenset({"CONFLICT"}), place)
            stop = last - 1 if last < len(tokens) else last  # the ON before it
            edits += assignment_edits(tokens[:stop], place + 1, columns)
        conflict = word_at(tokens, frozenset({"CONFLICT"}), conflict + 1)
    return edits


def _end_of_rows(tokens: Sequence[Token], begin: int) -> int:
    """Return where what is inserted ends: at ON CONFLICT, RETURNING or the end."""
    for place in outside(tokens, begin):
        following = tokens[place + 1].word if place + 1 < len(tokens) else ""
        if tokens[place].word == "RETURNING" or (tokens[place].word == "ON" and following == "CONFLICT"):
            return place
    return len(tokens)


def _values(tokens: Sequence[Token], targets: Sequence[EncryptedColumn | None]) -> list[Edit]:
    edits: list[Edit] = []
    for row in parts(tokens):
        for target, part in zip(targets, parts(row, 1), strict=False):
            if target is not None and part:
                edits += sealing(target, part)
    return edits


def _select(
    query: Sequence[Token], targets: Sequence[EncryptedColumn | None], into: int, tokens: Sequence[Token]
) -> list[Edit]:
    """Return the edits that put INSERT's query into a table expression, from which its columns are taken sealed."""
    names = [f"c{place}" for place in range(len(targets))]
    sealed = [
        name if target is None else f"{SEAL}('{target.id.hex()}', {name})"
        for name, target in zip(names, targets, strict=True)
    ]
    start, end = query[0].start, query[-1].end
    return [
        Edit(start, start, f"SELECT {', '.join(sealed)} FROM (WITH {_ROWS}({', '.join(names)}) AS ("),
        Edit(end, end, _END_OF_ROWS),
    ]


def _target(table: Any, relations: Relations) -> Relation | None:
    return relations.relation(table.name, table.db or None)


def _encrypted(relation: Relation | None) -> dict[str, EncryptedColumn | None]:
    return {name.lower(): kind for name, kind in relation.columns} if relation is not None else {}


# -- statements that define something --------------------------------------------------------------------------------
def defined(sql: str, relations: Relations) -> str:
    """Return a CREATE VIEW, INDEX, TRIGGER or TABLE AS as it is to run.

    :raises NotSupportedError: it wants something of a ciphertext that one can't do
    """
    tokens = tokenize(sql)
    words = [token.word for token in tokens]
    what = next((word for word in words[1:4] if word in ("VIEW", "INDEX", "TRIGGER", "TABLE")), "")
    if what == "VIEW":
        body = sql[tokens[word_at(tokens, frozenset({"AS"}))].end :]
        resolver = Resolver(relations, body)
        resolver.query(parse(for_parser(body)), {}, ())
        if resolver.comparisons:
            raise sqlite3.NotSupportedError(
                "a view can't compare an encrypted column with a value: query it so"
            )
    elif words[1] == "VIRTUAL":
        _full_text(tokens, relations)
    elif what == "TABLE" and table_definition(sql) is None:
        at = word_at(tokens, frozenset({"AS"}))
        if at < len(tokens):
            return sql[: tokens[at].end] + " " + rewritten(sql[tokens[at].end :], relations)
    elif what == "INDEX":
        _index(sql, tokens, relations)
    elif what == "TRIGGER" and not _is_internal(tokens):
        return _trigger(sql, tokens, relations)
    return sql


def _full_text(tokens: list[Token], relations: Relations) -> None:
    """Refuse a full-text table about a table whose encrypted column it names: it would find no word of it."""
    names = {token.name.lower() for token in tokens if token.kind in (Kind.WORD, Kind.QUOTED)}
    for place, token in enumerate(tokens[:-2]):
        if token.word != "CONTENT" or tokens[place + 1].text != "=":
            continue
        for name, column in _encrypted(relations.relation(tokens[place + 2].name, None)).items():
            if column is not None and name in names:
                raise sqlite3.NotSupportedError(
                    f"a full-text table can't have the encrypted column {column}, of which SQLite sees the ciphertext "
                    "only: leave the column out"
                )


def _is_internal(tokens: list[Token]) -> bool:
    """Return whether a dump makes a trigger of HeliosDB's again: it moves ciphertexts to tables of HeliosDB's."""
    begin = word_at(tokens, frozenset({"BEGIN"}))
    at = word_at(tokens[:begin], frozenset({"TRIGGER"}))
    named = [token.name.lower() for token in tokens[at + 1 : begin] if token.kind in (Kind.WORD, Kind.QUOTED)]
    return any(name.startswith(("heliosdb_", "_heliosdb_")) for name in named[:1])


def _index(sql: str, tokens: list[Token], relations: Relations) -> None:
    on = word_at(tokens, frozenset({"ON"}))
    relation = relations.relation(tokens[on + 1].name, None) if on + 1 < len(tokens) else None
    encrypted = {name: column for name, column in _encrypted(relation).items() if column is not None}
    if not encrypted:
        return
    end = closing(tokens, on + 2)
    for part in parts(tokens, on + 3):
        for token in part:
            column = encrypted.get(token.name.lower()) if token.kind in (Kind.WORD, Kind.QUOTED) else None
            if column is not None and not (column.deterministic and len(part) == 1):
                Resolver(relations, sql).refuse(Cipher(column), "in an index")
    if end + 1 < len(tokens) and tokens[end + 1].word == "WHERE":
        query = f"SELECT 1 FROM {quote_identifier(tokens[on + 1].name)} {sql[tokens[end + 1].start :]}"
        resolver = Resolver(relations, sql)
        resolver.query(parse(for_parser(query)), {}, ())
        if resolver.comparisons:
            raise sqlite3.NotSupportedError("an index can't compare an encrypted column with a value")


def _trigger(sql: str, tokens: list[Token], relations: Relations) -> str:
    """Return a CREATE TRIGGER whose statements seal what they write to encrypted columns."""
    begin = word_at(tokens, frozenset({"BEGIN"}))
    on = word_at(tokens[:begin], frozenset({"ON"}))
    relation = relations.relation(tokens[on + 1].name, None) if on + 1 < len(tokens) else None
    columns = [
        Column(name.lower(), Cipher(kind) if kind is not None else None)
        for name, kind in (relation.columns if relation is not None else ())
    ]
    outer: Scope = ([Source("new", columns), Source("old", columns)],)
    when = word_at(tokens[:begin], frozenset({"WHEN"}))
    if when < begin:
        condition = f"SELECT 1 WHERE {sql[tokens[when].end : tokens[begin].start]}"
        resolver = Resolver(relations, sql)
        resolver.query(parse(for_parser(condition)), {}, outer)
        if resolver.comparisons:
            raise sqlite3.NotSupportedError("a trigger's WHEN can't compare an encrypted column with a value")
    made, at = sql[: tokens[begin].end], tokens[begin].end
    start = begin + 1
    for place in range(begin + 1, len(tokens)):
        if tokens[place].text == ";" and place > start:
            body = sql[tokens[start].start : tokens[place].start]
            made += sql[at : tokens[start].start]
            made += body if tokens[start].word == "END" else rewritten(body, relations, outer)
            at, start = tokens[place].start, place + 1
    return made + sql[at:]


def explained(statement: Statement, relations: Relations) -> str:
    """Return an EXPLAIN whose statement is as it would run."""
    tokens = tokenize(statement.text)
    at = 3 if [token.word for token in tokens[1:3]] == ["QUERY", "PLAN"] else 1
    start = tokens[at].start
    return statement.text[:start] + rewritten(statement.text[start:], relations)
