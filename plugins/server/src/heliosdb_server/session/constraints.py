"""ALTER TABLE ... DROP CONSTRAINT and RENAME CONSTRAINT, for constraints with and without a name of their own.

SQLite keeps a UNIQUE or PRIMARY KEY of CREATE TABLE by an index that can't be dropped. It is made an ordinary one, with
a definition of its own in the schema, and can be dropped then.
"""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.names import folded
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, splice

from ..catalog.constraints import PRIMARY, UNIQUE, Written, written
from ..catalog.objects import Index, Object
from ..protocol.errors import PgError, not_supported
from ..translation.schema_edit import SchemaEdit

if TYPE_CHECKING:
    from .session import Session

_FREED = "heliosdb_freed_index"


def without(session: Session, found: Object, edit: SchemaEdit) -> str | None:
    """Drop a constraint's index, and return the table's definition without it; None where that has not to change.

    :raises PgError: there is no such constraint, or the rows are kept by it
    """
    sql = found.sql or ""
    texts = written(sql, found.name)
    text = next((each for each in texts if each.name == edit.name), None)
    if text is not None and text.kind == PRIMARY and _is_the_table(session, found):
        raise not_supported(f'constraint "{edit.name}" can\'t be dropped: the rows are kept by this key')
    index = _index_of(text, found, session) if text is not None else _index_called(edit.name, found, session)
    if text is None and index is None:
        if edit.optional:
            return None
        raise PgError("42704", f'constraint "{edit.name}" of relation "{edit.table}" does not exist')
    if text is None:
        assert index is not None
        session.engine.run(f"DROP INDEX {quote_identifier(index.name)}", trusted=True)
        return None
    if index is not None and not _kept_by_another(texts, text):
        _free(session, found, index)
    return _with_names(
        splice(sql, [Edit(text.start, text.end)]), found.name, [x for x in texts if x is not text]
    )


def _index_called(name: str, found: Object, session: Session) -> Index | None:
    """Return the index of a constraint that ALTER TABLE has made."""
    indexes = session.engine.schema.indexes(found)
    return next((each for each in indexes if each.origin in ("pk", "u") and each.name == name), None)


def _index_of(text: Written, found: Object, session: Session) -> Index | None:
    """Return the index that SQLite has made for a key of CREATE TABLE."""
    if text.kind not in (PRIMARY, UNIQUE):
        return None
    columns = [folded(name) for name in text.columns]
    for each in session.engine.schema.indexes(found):
        if (
            each.name.startswith("sqlite_autoindex_")
            and [folded(str(name)) for name in each.columns] == columns
        ):
            return each
    raise not_supported(f'constraint "{text.name}" can\'t be dropped: its index is not known')


def renamed(session: Session, found: Object, edit: SchemaEdit) -> str | None:
    """Return the table's definition with a constraint called otherwise; None where that has not to change.

    :raises PgError: there is no such constraint, or one that is called so already
    """
    reading = session.engine.schema
    sql = found.sql or ""
    texts = written(sql, found.name)
    text = next((each for each in texts if each.name == edit.name), None)
    keys = [each for each in reading.indexes(found) if each.origin in ("pk", "u")]
    names = {reading.constraint_name(found, each): each for each in keys}
    if text is None and edit.name not in names:
        raise PgError("42704", f'constraint "{edit.name}" for table "{edit.table}" does not exist')
    of_index = text is None or text.kind in (PRIMARY, UNIQUE)
    if of_index and (edit.text in names or reading.object(edit.text) is not None):
        raise PgError("42P07", f'relation "{edit.text}" already exists')
    if edit.text in names or any(each.name == edit.text for each in texts):
        raise PgError("42710", f'constraint "{edit.text}" for relation "{edit.table}" already exists')
    if text is None:
        _index_renamed(session, names[edit.name], edit)
        return None
    quoted = quote_identifier(edit.text)
    change = Edit(*text.label, quoted) if text.label else Edit(text.body, text.body, f"CONSTRAINT {quoted} ")
    others = [each._replace(name=edit.text) if each is text else each for each in texts]
    return _with_names(splice(sql, [change]), found.name, others)


def refuse_taken(session: Session, found: Object, name: str) -> None:
    """Refuse the name of a new constraint that another of the table has."""
    reading = session.engine.schema
    if name in reading.constraint_names(found):
        raise PgError("42710", f'constraint "{name}" for relation "{found.name}" already exists')


def _is_the_table(session: Session, found: Object) -> bool:
    """Are the rows kept by the primary key: as the rowid, or without one?"""
    definition = table_definition(found.sql or "")
    without_rowid = definition is not None and "ROWID" in definition.options
    return bool(session.engine.schema.info(found).rowid) or without_rowid


def _kept_by_another(texts: Sequence[Written], text: Written) -> bool:
    """Is there another key over the same columns? SQLite has one index for both."""
    columns = [folded(name) for name in text.columns]
    return any(
        each is not text
        and each.kind in (PRIMARY, UNIQUE)
        and [folded(name) for name in each.columns] == columns
        for each in texts
    )


def _with_names(sql: str, table: str, before: Sequence[Written]) -> str:
    """Return a definition in which constraints without a name are called as before: they are given it, if need be."""
    now = written(sql, table)
    assert len(now) == len(before)
    return splice(sql, [
        Edit(new.body, new.body, f"CONSTRAINT {quote_identifier(old.name)} ")
        for old, new in zip(before, now, strict=True)
        if new.name != old.name
    ])  # fmt: skip


def dependents(session: Session, found: Object, name: str) -> list[tuple[str, str]]:
    """Return the foreign keys that refer to the key of this name: table and constraint."""
    reading = session.engine.schema
    columns = next((key for label, key in reading.info(found).keys.items() if label == name), None)
    if columns is None:
        return []
    wanted = sorted(map(folded, columns))
    return [
        (other.name, text.name)
        for other in reading.tables()
        if other.kind == "table" and other.schema == found.schema
        for text, key in reading.written_foreign_keys(other)
        if folded(key.table) == folded(found.name) and sorted(map(folded, key.referred)) == wanted
    ]


@contextmanager
def writable_schema(session: Session) -> Iterator[None]:
    """Let statements change sqlite_master, as long as the block lasts."""
    session.engine.run("PRAGMA writable_schema = ON", trusted=True)
    try:
        yield
    finally:
        session.engine.run("PRAGMA writable_schema = OFF", trusted=True)


def _free(session: Session, found: Object, index: Index) -> None:
    """Make an index that SQLite has made for a key one that it can drop, and drop it; others take its number."""
    engine = session.engine
    run, master = engine.run, f"{found.schema}.sqlite_master"
    keys = engine.rows(
        'SELECT name, coll, "desc" FROM pragma_index_xinfo(?, ?) WHERE key ORDER BY seqno',
        (index.name, found.schema),
    )
    listed = ", ".join(
        f"{quote_identifier(name)} COLLATE {quote_identifier(coll)}{' DESC' if down else ''}"
        for name, coll, down in keys
    )
    sql = f"CREATE UNIQUE INDEX {_FREED} ON {quote_identifier(found.name)} ({listed})"
    prefix, _, number = index.name.rpartition("_")
    names = {name for (name,) in engine.rows(f"SELECT name FROM {master} WHERE type = 'index'")}
    with writable_schema(session):
        run(f"UPDATE {master} SET name = ?, sql = ? WHERE name = ?", (_FREED, sql, index.name), trusted=True)
        after = int(number) + 1
        while f"{prefix}_{after}" in names:
            run(
                f"UPDATE {master} SET name = ? WHERE name = ?",
                (f"{prefix}_{after - 1}", f"{prefix}_{after}"),
                trusted=True,
            )
            after += 1


def drop_freed(session: Session, schema: str) -> None:
    """Drop the index that a key has had, now that the table's definition does not speak of it."""
    if session.engine.rows(f"SELECT 1 FROM {schema}.sqlite_master WHERE name = ?", (_FREED,)):
        session.engine.run(f"DROP INDEX {schema}.{_FREED}", trusted=True)


def _index_renamed(session: Session, index: Index, edit: SchemaEdit) -> None:
    stored = session.engine.schema.object(index.name)
    assert stored is not None
    assert stored.sql is not None
    name = next(token for token in tokenize(stored.sql) if token.name == index.name)
    session.engine.run(f"DROP INDEX {quote_identifier(index.name)}", trusted=True)
    session.engine.run(
        splice(stored.sql, [Edit(name.start, name.end, quote_identifier(edit.text))]), trusted=True
    )
