"""ALTER TABLE beyond SQLite's own: the table's definition is changed where it stands, as SQLite's manual describes it.

Constraints and defaults live in the text of CREATE TABLE alone; changing that text, in a transaction and with a new
schema version, is how SQLite itself renames columns. Rows that would not fit are looked for first.
"""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.lexer import Token, tokenize
from heliosdb_sqlite.sql.names import folded
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, splice

from ..catalog.objects import Object
from ..protocol.errors import PgError, not_supported
from ..translation import comments, labels
from ..translation.schema_edit import SchemaEdit
from . import constraints

if TYPE_CHECKING:
    from .session import Session


def apply(session: Session, edit: SchemaEdit) -> None:
    """Change a table's definition.

    :raises PgError: rows don't fit, or the definition can't be changed so
    """
    found = session.engine.schema.object(edit.table)
    if found is None or found.sql is None:
        raise PgError("42P01", f'relation "{edit.table}" does not exist')
    if edit.what == "drop references":
        for written, key in session.engine.schema.written_foreign_keys(found):
            if folded(key.table) == folded(edit.name):
                apply(session, SchemaEdit(edit.table, "drop constraint", written.name))
        return
    _check_rows(session, edit)
    if edit.what == "drop constraint":
        _drop_dependents(session, found, edit)
        found = session.engine.schema.object(edit.table)
        assert found is not None
        assert found.sql is not None
    if edit.what == "add constraint" and edit.text.startswith("CONSTRAINT "):
        constraints.refuse_taken(session, found, edit.name)
    text = _edited(session, found, edit)
    _bring_comments(session, edit)
    if text is None:
        return
    engine = session.engine
    if edit.what == "set default":
        # Rows that are older than the column have its default only as long as the definition does: write it into them.
        table, column = quote_identifier(edit.table), quote_identifier(edit.name)
        engine.run(f"UPDATE {table} SET {column} = {column}", trusted=True)
    (version,) = engine.rows(f"PRAGMA {found.schema}.schema_version")[0]
    with constraints.writable_schema(session):
        engine.run(
            f"UPDATE {found.schema}.sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
            (text, found.name),
            trusted=True,
        )
        engine.run(f"PRAGMA {found.schema}.schema_version = {version + 1}", trusted=True)
    engine.forget()
    if edit.what == "drop constraint":
        constraints.drop_freed(session, found.schema)
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


def _bring_comments(session: Session, edit: SchemaEdit) -> None:
    """Let what is said of a constraint go with it, or follow its name."""
    schema, member = session.engine.schema, comments.constraint(edit.name)
    statements: list[str] = []
    if edit.what == "drop constraint":
        statements = comments.forgotten(schema, edit.table, member)
    elif edit.what == "rename constraint":
        statements = comments.renamed(schema, edit.table, comments.constraint(edit.text), member)
    for sql in statements:
        session.engine.run(sql, trusted=True)


def _drop_dependents(session: Session, found: Object, edit: SchemaEdit) -> None:
    """Drop the foreign keys that refer to a key, or refuse to, unless CASCADE says so."""
    for table, name in constraints.dependents(session, found, edit.name):
        if edit.kind != "cascade":
            raise PgError(
                "2BP01",
                f"cannot drop constraint {edit.name} on table {edit.table} because other objects depend on it",
                detail=f"constraint {name} on table {table} depends on index {edit.name}",
                hint="Use DROP ... CASCADE to drop the dependent objects too.",
            )
        apply(session, SchemaEdit(table, "drop constraint", name))


def _edited(session: Session, found: Object, edit: SchemaEdit) -> str | None:
    sql = found.sql or ""
    if edit.what == "add constraint":
        end = _end(tokenize(sql))
        return splice(sql, [Edit(end, end, f",\n  {edit.text}\n")])
    if edit.what == "drop constraint":
        return constraints.without(session, found, edit)
    if edit.what == "rename constraint":
        return constraints.renamed(session, found, edit)
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
        kept = note[0] if note and not note[0].lstrip().startswith("/* enum ") else ""
        end = column.constraints[-1].end if column.constraints else column.type_end
        end = labels.end_of_default(sql, end)
        rest = labels.unnamed(sql[column.type_end : end])
        return splice(sql, [Edit(column.name.end, end, f"{kept} {edit.text}{rest}")])
    if edit.what == "set note":
        there = re.match(r"\s*/\*.*?\*/", sql[column.name.end : column.type_end], re.DOTALL)
        end = column.name.end + there.end() if there else column.name.end
        return splice(sql, [Edit(column.name.end, end, f" /* {edit.text} */" if edit.text else "")])
    spans = _clauses(column.constraints)
    if edit.what == "set not null":
        return None if "NOT" in spans else splice(sql, [Edit(column.type_end, column.type_end, " NOT NULL")])
    word = "NOT" if edit.what == "drop not null" else "DEFAULT"
    edits = []
    if word in spans:
        start, end = spans[word]
        edits.append(Edit(start, labels.end_of_default(sql, end) if word == "DEFAULT" else end))
    if edit.text:
        edits.append(Edit(column.type_end, column.type_end, f" DEFAULT {edit.text}"))
    return splice(sql, edits) if edits else None


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
