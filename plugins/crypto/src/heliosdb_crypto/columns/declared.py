"""ENCRYPTED in a column's type: what SQLite is given for it, and what is read back from the schema.

The column keeps its type. It gets a CHECK, made of built-in functions, that takes nothing but sealed values: whoever
writes past HeliosDB can't put a value in the clear there. The CHECK's name has the column's lasting id, since names of
columns and tables change.
"""

from __future__ import annotations

import os
import re
import sqlite3
from dataclasses import dataclass
from itertools import zip_longest

from heliosdb_sqlite.sql.affinity import affinity_of
from heliosdb_sqlite.sql.ddl import Column, TableDefinition, table_definition
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, splice

from .values import COLUMN_ID, MAGIC, SHORTEST

WORD, DETERMINISTIC = "ENCRYPTED", "DETERMINISTIC"
_NAME = re.compile(r"takes sealed values only: ENCRYPTED (?P<id>[0-9a-f]{16})")
_MIXES = frozenset({"DEFAULT", "CHECK", "REFERENCES", "AS", "GENERATED"})


@dataclass(frozen=True)
class EncryptedColumn:
    """An encrypted column as the schema has it."""

    table: str
    name: str
    id: bytes  # b"" where the table was made without HeliosDB, and so without the CHECK
    deterministic: bool
    affinity: str
    type: str = ""  # as declared, before ENCRYPTED

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


def in_sqlites_order(sql: str) -> str:
    """Return a definition whose columns have ENCRYPTED before the length of their type, where SQLite takes it.

    >>> in_sqlites_order("CREATE TABLE t (a VARCHAR(9) ENCRYPTED)")
    'CREATE TABLE t (a VARCHAR ENCRYPTED(9))'
    """
    definition = table_definition(sql)
    edits = []
    for column in definition.columns if definition is not None else ():
        words = [token.word for token in column.constraints[:2]]
        if column.type_arguments and words[:1] == [WORD]:
            last = column.constraints[1 if words[1:] == [DETERMINISTIC] else 0]
            edits.append(
                Edit(
                    column.type_words[-1].end,
                    column.type_words[-1].end,
                    " " + " ".join(words[: 1 + (words[1:] == [DETERMINISTIC])]),
                )
            )
            edits.append(Edit(column.type_end, last.end))
    return splice(sql, edits)


def is_encrypted(column: Column) -> bool:
    """Return whether the declared type says ENCRYPTED."""
    return any(word.word == WORD for word in column.type_words)


def with_checks(sql: str, definition: TableDefinition, *, strict: bool) -> str:
    """Return a CREATE TABLE or ALTER TABLE ... ADD COLUMN whose encrypted columns have their CHECK.

    :raises NotSupportedError: a constraint asks of a ciphertext what it can't do
    """
    edits = []
    names = {}
    for column in definition.columns:
        if not is_encrypted(column):
            continue
        found = _read(definition.table, column, sql)
        names[column.name.name.lower()] = found
        _refuse_constraints(column, found)
        if strict:
            raise sqlite3.NotSupportedError(
                f"table {definition.table!r} is STRICT, and such a table can't have the type {column.type_text}"
            )
        if not found.id:
            edits.append(Edit(column.type_end, column.type_end, " " + _check(column.name.name)))
    _refuse_table_constraints(sql, definition, names)
    return splice(sql, edits)


def encrypted_columns(sql: str) -> list[EncryptedColumn]:
    """Return the encrypted columns of a table, from the CREATE TABLE that the schema keeps."""
    definition = table_definition(sql)
    if definition is None:
        return []
    return [_read(definition.table, column, sql) for column in definition.columns if is_encrypted(column)]


def _read(table: str, column: Column, sql: str) -> EncryptedColumn:
    words = [word.word for word in column.type_words]
    at = words.index(WORD)
    deterministic = words[at + 1 :] == [DETERMINISTIC]
    if words[at + 1 :] and not deterministic:
        raise sqlite3.ProgrammingError(
            f"column {column.name.name!r} is declared {column.type_text}: write ENCRYPTED or ENCRYPTED DETERMINISTIC "
            "behind its type"
        )
    declared = sql[column.type_words[0].start : column.type_words[at].start]
    affinity = affinity_of(declared)
    match = next((found for each in column.constraints if (found := _NAME.search(each.name))), None)
    if deterministic and not declared.strip():
        raise sqlite3.ProgrammingError(
            f"column {column.name.name!r} is DETERMINISTIC and has no type: what is equal depends on it, so write "
            "TEXT, INTEGER, REAL, NUMERIC or BLOB before ENCRYPTED"
        )
    return EncryptedColumn(
        table,
        column.name.name,
        bytes.fromhex(match["id"]) if match else b"",
        deterministic,
        affinity,
        declared.strip(),
    )


def _check(name: str) -> str:
    column = quote_identifier(name)
    said = quote_identifier(f"{name} takes sealed values only: ENCRYPTED {os.urandom(COLUMN_ID).hex()}")
    return (
        f"CONSTRAINT {said} CHECK ({column} IS NULL OR (typeof({column}) = 'blob' AND length({column}) >= {SHORTEST} "
        f"AND substr({column}, 1, {len(MAGIC)}) = x'{MAGIC.hex()}'))"
    )


def _refuse_constraints(column: Column, found: EncryptedColumn) -> None:
    words = _without_own_check(column.constraints)
    for token, following in zip_longest(words, words[1:]):
        after = following.word if following is not None else ""
        what = ""
        if token.word == "DEFAULT" and after != "NULL":
            what = "a DEFAULT, which the schema would have in the clear"
        elif token.word in _MIXES and token.word != "DEFAULT":
            what = f"{token.word}: SQLite sees its ciphertext only"
        elif token.word in ("UNIQUE", "PRIMARY") and not found.deterministic:
            what = f"{token.word}: equal values have different ciphertexts; write ENCRYPTED DETERMINISTIC"
        elif token.word == "COLLATE" and after != "BINARY":
            what = "a collation: ciphertexts are compared byte by byte"
        if what:
            raise sqlite3.NotSupportedError(f"the encrypted column {found} can't have {what}")


def _without_own_check(tokens: tuple[Token, ...]) -> list[Token]:
    """Return the constraints without the CHECK that HeliosDB gave the column, when a dump is loaded."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at].word == "CONSTRAINT" and at + 1 < len(tokens) and _NAME.search(tokens[at + 1].name):
            depth = 0
            while at < len(tokens):
                depth += (tokens[at].text == "(") - (tokens[at].text == ")")
                at += 1
                if depth == 0 and tokens[at - 1].text == ")":
                    break
        else:
            kept.append(tokens[at])
            at += 1
    return kept


def _refuse_table_constraints(
    sql: str, definition: TableDefinition, names: dict[str, EncryptedColumn]
) -> None:
    if not names or not definition.columns:
        return
    last = definition.columns[-1]
    end = last.constraints[-1].end if last.constraints else last.type_end
    kind, generated = "", False
    for token in tokenize(sql[end:]):
        if token.word in ("UNIQUE", "PRIMARY", "CHECK", "FOREIGN", "REFERENCES"):
            kind = token.word
        named = token.kind in (Kind.WORD, Kind.QUOTED) and names.get(token.name.lower())
        if named and kind and not (kind in ("UNIQUE", "PRIMARY") and named.deterministic):
            raise sqlite3.NotSupportedError(
                f"the encrypted column {named} can't be in a constraint {kind}: SQLite sees its ciphertext only"
            )
    for column in definition.columns:
        if is_encrypted(column):
            continue
        for token in column.constraints:
            generated = generated or token.word in ("AS", "CHECK")
            named = token.kind in (Kind.WORD, Kind.QUOTED) and names.get(token.name.lower())
            if named and generated and token.word not in ("AS", "CHECK"):
                raise sqlite3.NotSupportedError(
                    f"column {column.name.name!r} is made of the encrypted column {named}, of which SQLite sees the "
                    "ciphertext only"
                )
        generated = False
