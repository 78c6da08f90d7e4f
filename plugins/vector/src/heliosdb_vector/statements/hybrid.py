"""hybrid_search(): full-text and vector search fused by reciprocal rank, as a table in a FROM clause.

``FROM hybrid_search(docs, docs_fts, 'words', embedding, vector, 10 WHERE kind = 'a') AS h`` is written out as a
subquery of SQLite's own FTS5 and of ``vector_distance``: the rows of each that come first are numbered, and a row's
score is the sum of 1 / (60 + number), as Cormack, Clarke and Büttcher proposed (*Reciprocal Rank Fusion*, SIGIR 2009).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.nesting import closing, parts, word_at
from heliosdb_sqlite.sql.parameters import rewrite
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit
from heliosdb_sqlite.sql.splice import Span as Piece

from ..functions.words import NAME, WORDS

_NOTE = "vector hybrid"
_LEAST = 100  # rows of each search, at least, whose ranks are fused
_NAMES = (Kind.WORD, Kind.QUOTED, Kind.STRING)


def written_out(statement: Statement) -> Statement:
    """Return the statement with each hybrid_search() as a subquery; any other statement as it is.

    :raises OperationalError: one has other arguments than it takes
    """
    text = statement.text
    if NAME not in text.lower():
        return statement
    tokens = tokenize(text)
    edits = [
        _edit(tokens, at)
        for at in range(1, len(tokens) - 1)
        if tokens[at].text.lower() == NAME
        and tokens[at + 1].text == "("
        and (tokens[at - 1].word in ("FROM", "JOIN") or tokens[at - 1].text in (",", "("))
    ]
    if not edits:
        return statement
    made = rewrite(text, edits)
    return statement.rewritten(made.text).noted(_NOTE, (text, made.bind))


def before(statement: Statement) -> tuple[str | None, Callable[[Any], Any] | None]:
    """Return the text that the user's values are for, and what they must go through; None where it is the same."""
    found: tuple[str | None, Callable[[Any], Any] | None] = statement.notes.get(_NOTE, (None, None))
    return found


def _edit(tokens: Sequence[Token], at: int) -> Edit:
    arguments = parts(tokens, at + 2)
    if len(arguments) != 6 or not all(arguments):
        raise _wrong()
    *five, last = arguments
    names = [each[0] for each in (five[0], five[1], five[3])]
    if any(len(each) != 1 or each[0].kind not in _NAMES for each in (five[0], five[1], five[3])):
        raise _wrong()
    where = word_at(last, frozenset({"WHERE"}))
    count, condition = last[:where], last[where + 1 :]
    if not count or (where < len(last) and not condition):
        raise _wrong()
    table, fts, column = (quote_identifier(name.name) for name in names)
    words, vector, most, also = (_piece(each) for each in (five[2], five[4], count, condition))
    close = closing(tokens, at + 1)
    if close == len(tokens):
        raise _wrong()
    deep: tuple[str | Piece, ...] = (f"max({_LEAST}, 4 * (", most, "))")
    near_begin = (
        "(SELECT rowid, sum(1.0 / (60 + number)) AS score, max(text_rank) AS text_rank, "
        "max(vector_rank) AS vector_rank FROM (SELECT rowid, number, NULL AS text_rank, number AS vector_rank FROM ("
        "SELECT rowid, row_number() OVER (ORDER BY distance, rowid) AS number FROM ("
        f"SELECT {table}.rowid AS rowid, vector_distance({table}.{column}, "
    )
    text_begin = (
        ") WHERE distance IS NOT NULL) UNION ALL SELECT rowid, number, number, NULL FROM ("
        "SELECT rowid, row_number() OVER (ORDER BY relevance, rowid) AS number FROM ("
        f"SELECT {fts}.rowid AS rowid, bm25({fts}) AS relevance FROM {fts} WHERE {fts} MATCH {WORDS}("
    )
    near_also: tuple[str | Piece, ...] = (" WHERE (", also, ")") if condition else ()
    text_also: tuple[str | Piece, ...] = ()
    if condition:
        text_also = (
            f" AND EXISTS (SELECT 1 FROM {table} WHERE {table}.rowid = {fts}.rowid AND (",
            also,
            "))",
        )
    near = (near_begin, vector, f") AS distance FROM {table}", *near_also, " ORDER BY distance LIMIT ", *deep)
    text = (text_begin, words, ")", *text_also, " ORDER BY relevance LIMIT ", *deep)
    end = ("))) GROUP BY rowid ORDER BY score DESC, rowid LIMIT ", most, ")")
    return Edit(tokens[at].start, tokens[close].end, (*near, *text, *end))


def _piece(tokens: Sequence[Token]) -> Piece:
    return Piece(tokens[0].start, tokens[-1].end) if tokens else Piece(0, 0)


def _wrong() -> sqlite3.OperationalError:
    return sqlite3.OperationalError(
        "hybrid_search() takes a table, its FTS5 table, words, the table's vector column, a vector and how many rows, "
        "then perhaps a condition: hybrid_search(docs, docs_fts, ?, embedding, ?, 10 WHERE kind = 'a')"
    )
