"""ALTER TABLE beyond SQLite's own: the table's definition is changed where it stands, as SQLite's manual describes it.

Constraints and defaults live in the text of CREATE TABLE alone; changing that text, in a transaction and with a new
schema version, is how SQLite itself renames columns. Rows that would not fit are looked for first.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.lexer import Token, tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, splice

from ..protocol.errors import PgError, not_supported
from ..translation.schema_edit import SchemaEdit

if TYPE_CHECKING:
    from .session import Session


def apply(session: Session, edit: SchemaEdit) -> None:
    """Change a table's definition.

    :raises PgError: rows don't fit, or the definition can't be changed so
    """
    found = session.engine.schema.object(edit.table)
    if found is None or found.sql is None:
        raise PgError("42P01", f'relation "{edit.table}" does not exist')
    _check_rows(session, edit)
    if edit.what == "rename constraint":
        index = session.engine.schema.object(edit.name)
        if (
            index is not None
            and index.kind == "index"
            and index.sql
            and index.table.lower() == found.name.lower()
        ):
            _index_renamed(session, index.sql, edit)
            return
    text = _edited(found.sql, edit)
    if text is None:
        return
    engine = session.engine
    if edit.what == "set default":
        # Rows that are older than the column have its default only as long as the definition does: write it into them.
        table, column = quote_identifier(edit.table), quote_identifier(edit.name)
        engine.run(f"UPDATE {table} SET {column} = {column}", trusted=True)
    (version,) = engine.rows("PRAGMA main.schema_version")[0]
    engine.run("PRAGMA writable_schema = ON", trusted=True)
    try:
        engine.run(
            f"UPDATE {found.schema}.sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
            (text, found.name),
            trusted=True,
        )
        engine.run(f"PRAGMA {found.schema}.schema_version = {version + 1}", trusted=True)
    finally:
        engine.run("PRAGMA writable_schema = OFF", trusted=True)
    engine.forget()
    if edit.after:
        engine.run(edit.after, trusted=True)
    if edit.what == "add constraint" and edit.kind == "foreign":
        bad = engine.rows(f"PRAGMA foreign_key_check({quote_identifier(found.name)})")
        if bad:
            raise PgError(
                "23503",
                f'insert or update on table "{found.name}" violates foreign key constraint "{edit.name}"',
                table=found.name,
                constraint=edit.name,
            )


def _check_rows(session: Session, edit: SchemaEdit) -> None:
    if not edit.refused:
        return
    table = quote_identifier(edit.table)
    if session.engine.rows(f"SELECT 1 FROM {table} WHERE {edit.refused} LIMIT 1"):
        if edit.what == "set not null":
            text = f'column "{edit.name}" of relation "{edit.table}" contains null values'
            raise PgError("23502", text, table=edit.table, column=edit.name)
        text = f'check constraint "{edit.name}" of relation "{edit.table}" is violated by some row'
        raise PgError("23514", text, table=edit.table, constraint=edit.name)


def _edited(sql: str, edit: SchemaEdit) -> str | None:
    tokens = tokenize(sql)
    if edit.what == "add constraint":
        return splice(sql, [Edit(_end(tokens), _end(tokens), f",\n  {edit.text}\n")])
    if edit.what == "drop constraint":
        return _without_constraint(sql, tokens, edit)
    if edit.what == "rename constraint":
        return _constraint_renamed(sql, tokens, edit)
    definition = table_definition(sql)
    column = next(
        (
            c
            for c in (definition.columns if definition is not None else ())
            if c.name.name.lower() == edit.name.lower()
        ),
        None,
    )
    if column is None:
        raise PgError("42703", f'column "{edit.name}" of relation "{edit.table}" does not exist')
    if edit.what == "set type":
        if (
            any(token.word == "PRIMARY" for token in column.constraints)
            and column.type_text.upper() == "INTEGER"
        ):
            raise not_supported(f'the type of column "{edit.name}" can\'t be changed: it numbers the rows')
        note = re.match(r"\s*/\*.*?\*/", sql[column.name.end : column.type_end], re.DOTALL)
        kept = note[0] if note else ""
        return splice(sql, [Edit(column.name.end, column.type_end, f"{kept} {edit.text}")])
    spans = _clauses(column.constraints)
    if edit.what == "set not null":
        return None if "NOT" in spans else splice(sql, [Edit(column.type_end, column.type_end, " NOT NULL")])
    word = "NOT" if edit.what == "drop not null" else "DEFAULT"
    edits = [Edit(*spans[word])] if word in spans else []
    if edit.text:
        edits.append(Edit(column.type_end, column.type_end, f" DEFAULT {edit.text}"))
    return splice(sql, edits) if edits else None


def _named(tokens: list[Token], name: str) -> Token | None:
    """Return the name of a constraint, where it stands."""
    for word, token in itertools.pairwise(tokens):
        if word.word == "CONSTRAINT" and token.name.lower() == name.lower():
            return token
    return None


def _constraint_renamed(sql: str, tokens: list[Token], edit: SchemaEdit) -> str:
    if _named(tokens, edit.text) is not None:
        raise PgError("42710", f'constraint "{edit.text}" for relation "{edit.table}" already exists')
    token = _named(tokens, edit.name)
    if token is not None:
        return splice(sql, [Edit(token.start, token.end, quote_identifier(edit.text))])
    if edit.kind == "given" or re.fullmatch(r".*_(check\d*|fkey\d*|key\d*|pkey)", edit.name):
        raise not_supported(
            f'constraint "{edit.name}" can\'t be renamed: CREATE TABLE gave it no name',
            hint="Drop it, and add it with a name.",
        )
    raise PgError("42704", f'constraint "{edit.name}" for table "{edit.table}" does not exist')


def _index_renamed(session: Session, sql: str, edit: SchemaEdit) -> None:
    tokens = tokenize(sql)
    name = next(token for token in tokens if token.name.lower() == edit.name.lower())
    session.engine.run(f"DROP INDEX {quote_identifier(edit.name)}", trusted=True)
    session.engine.run(splice(sql, [Edit(name.start, name.end, quote_identifier(edit.text))]), trusted=True)


def _end(tokens: list[Token]) -> int:
    """Return the place of the parenthesis that closes the list of columns."""
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == ")" and depth == 0:
            return token.start
    raise not_supported("this table's definition can't be read")


_STARTS = frozenset(("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES",
                     "GENERATED", "AS"))  # fmt: skip


def _clauses(tokens: tuple[Token, ...]) -> dict[str, tuple[int, int]]:
    """Return where the constraints of a column stand, by their first word."""
    found: dict[str, tuple[int, int]] = {}
    depth, at = 0, 0
    while at < len(tokens):
        token = tokens[at]
        if (
            depth == 0
            and token.word in _STARTS
            and not (token.word == "NULL" and at and tokens[at - 1].word == "NOT")
        ):
            end, inner = at + 1, 0
            while end < len(tokens):
                inner += (tokens[end].text == "(") - (tokens[end].text == ")")
                here = tokens[end]
                value = token.word == "DEFAULT" and end == at + 1
                if (
                    inner == 0
                    and here.word in _STARTS
                    and not value
                    and not (token.word == "NOT" and here.word == "NULL")
                ):
                    break
                end += 1
            found.setdefault(token.word, (token.start, tokens[end - 1].end))
            at = end
            continue
        depth += (token.text == "(") - (token.text == ")")
        at += 1
    return found


def _without_constraint(sql: str, tokens: list[Token], edit: SchemaEdit) -> str:
    end, depth, at = _end(tokens), 0, 0
    for at, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if (
            token.word == "CONSTRAINT"
            and at + 1 < len(tokens)
            and tokens[at + 1].name.lower() == edit.name.lower()
        ):
            break
    else:
        if edit.optional:
            return sql
        raise PgError("42704", f'constraint "{edit.name}" of relation "{edit.table}" does not exist')
    kind = tokens[at + 2].word
    if kind in ("UNIQUE", "PRIMARY"):
        raise not_supported(
            f'constraint "{edit.name}" can\'t be dropped: SQLite keeps it as part of the table'
        )
    stop, inner = at + 2, 0
    while stop < len(tokens) and tokens[stop].start < end:
        inner += (tokens[stop].text == "(") - (tokens[stop].text == ")")
        if inner == 0 and (
            tokens[stop].text == "," or (tokens[stop].word in _STARTS and stop > at + 2 and depth > 1)
        ):
            break
        stop += 1
    own = tokens[at - 1].text == ","  # a constraint of the table, behind a comma of its own
    start = tokens[at - 1].start if own else tokens[at].start
    return splice(sql, [Edit(start, tokens[stop - 1].end)])
