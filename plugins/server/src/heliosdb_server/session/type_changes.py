"""CREATE, ALTER and DROP TYPE: an enumeration's view is made anew, and what names it in the schema follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..protocol.errors import PgError, not_supported
from ..translation import domains, labels
from ..translation.schema_edit import DomainChange, TypeChange

if TYPE_CHECKING:
    from ..catalog.enumerations import Enumeration
    from ..catalog.objects import Object
    from .session import Session

_LONGEST = 63


def apply(session: Session, change: TypeChange | DomainChange) -> None:
    """Do what is to be done to a type.

    :raises PgError: it can't be done, and nothing was
    """
    if isinstance(change, DomainChange):
        _create_domain(session, change.made) if change.made is not None else _drop_domain(session, change)
        return
    if change.what == "create":
        _create(session, change)
        return
    found = session.engine.schema.enumerations().get(change.name)
    if found is None:
        raise PgError("42704", f'type "{change.name}" does not exist')
    _CHANGES[change.what](session, found, change)


def _checked(label: str) -> str:
    if not label or len(label.encode()) > _LONGEST:
        raise PgError(
            "42602", f'invalid enum label "{label}"', detail=f"Labels must be {_LONGEST} bytes or less."
        )
    return label


def _number(session: Session) -> int:
    """Return what tells a new type from all others, those that were dropped among them."""
    reading = session.engine.schema
    (version,) = session.engine.rows("PRAGMA main.schema_version")[0]
    there = [each.number for each in reading.enumerations().values()]
    there += [each.number for each in reading.domains().values()]
    return max(int(version), *(number + 1 for number in there), 0)


def _create(session: Session, change: TypeChange) -> None:
    _refuse_name(session, change.name)
    for at, label in enumerate(change.labels):
        _checked(label)
        if label in change.labels[:at]:
            raise PgError("23505", f'enum label "{label}" used more than once')
    number = _number(session)
    places = tuple((label, float(at)) for at, label in enumerate(change.labels, 1))
    session.engine.run(labels.view(change.name, number, places), trusted=True).close()
    session.engine.forget()


def _refuse_name(session: Session, name: str) -> None:
    """Refuse a name that a type, or the rows of a table, have already, or that SQLite has for something else."""
    reading = session.engine.schema
    there = reading.object(name, "main")
    if there is None:
        return
    if there.kind == "index" or (there.kind == "type" and there.name != name):
        raise not_supported(
            f'a type can\'t have the name "{name}" beside the {there.kind} "{there.name}", which is the same to SQLite'
        )
    raise PgError("42710", f'type "{name}" already exists')


# ---- ALTER TYPE ----


def _remade(session: Session, found: Enumeration, name: str, places: labels.Labels) -> None:
    """Put another view in the place of a type's own; what tells it from other types stays."""
    session.engine.run(f"DROP VIEW main.{quote_identifier(found.name)}", trusted=True).close()
    session.engine.run(labels.view(name, found.number, places), trusted=True).close()
    session.engine.forget()


def _rewritten(session: Session, found: Enumeration, change: Callable[[str], str]) -> None:
    """Change all definitions that name a type."""
    engine = session.engine
    edits = [
        (each, text)
        for each in engine.schema.objects
        if each.sql and labels.names(each.sql, found.name) and (text := change(each.sql)) != each.sql
    ]
    if not edits:
        return
    engine.run("PRAGMA writable_schema = ON", trusted=True)
    try:
        for each, text in edits:
            engine.run(
                f"UPDATE {each.schema}.sqlite_master SET sql = ? WHERE type = ? AND name = ?",
                (text, _stored_kind(each), each.name),
                trusted=True,
            ).close()
        for schema in {each.schema for each, _ in edits}:
            (version,) = engine.rows(f"PRAGMA {schema}.schema_version")[0]
            engine.run(f"PRAGMA {schema}.schema_version = {version + 1}", trusted=True)
    finally:
        engine.run("PRAGMA writable_schema = OFF", trusted=True)
    engine.forget()


def _stored_kind(each: Object) -> str:
    return {"sequence": "table", "type": "view"}.get(each.kind, each.kind)


def _refuse_sorting(session: Session, found: Enumeration) -> None:
    """Refuse to change the labels where a definition keeps their order."""
    kept = [
        each.name for each in session.engine.schema.objects if each.sql and labels.sorts(each.sql, found.name)
    ]
    if kept:
        raise not_supported(
            f"the labels of {found.type.title} can't be changed: {', '.join(kept)} keeps their order",
            hint="Drop the index or the constraint, and make it again.",
        )


def _add_value(session: Session, found: Enumeration, change: TypeChange) -> None:
    label = _checked(change.value)
    there = [each for each, _ in found.labels]
    if label in there:
        if change.optional:
            session.notice(f'enum label "{label}" already exists, skipping', "42710")
            return
        raise PgError("42710", f'enum label "{label}" already exists')
    at = len(there)
    if change.beside:
        if change.beside not in there:
            raise PgError("22023", f'"{change.beside}" is not an existing enum label')
        at = there.index(change.beside) + (0 if change.before else 1)
    _refuse_sorting(session, found)
    places = [place for _, place in found.labels]
    before, after = places[at - 1] if at else None, places[at] if at < len(places) else None
    if before is None or after is None:
        place = 1.0 if before is after else (before or 0.0) + 1 if after is None else after - 1
    else:
        place = (before + after) / 2
    made = (*found.labels[:at], (label, place), *found.labels[at:])
    if place in places:  # halved too often: all get a place anew
        made = tuple((each, float(number)) for number, (each, _) in enumerate(made, 1))
    kind = labels.type_of(found.name, found.number, (each for each, _ in made))
    _remade(session, found, found.name, made)
    _rewritten(session, found, lambda sql: labels.relabelled(sql, found.name, kind))


def _rename_value(session: Session, found: Enumeration, change: TypeChange) -> None:
    old, new = change.value, _checked(change.new)
    there = [each for each, _ in found.labels]
    if old not in there:
        raise PgError("22023", f'"{old}" is not an existing enum label')
    if new in there:
        raise PgError("42710", f'enum label "{new}" already exists')
    _refuse_sorting(session, found)
    made = tuple((new if each == old else each, place) for each, place in found.labels)
    kind = labels.type_of(found.name, found.number, (each for each, _ in made))
    holding = _columns(session, found)

    def changed(sql: str) -> str:
        sql = labels.relabelled(sql, found.name, kind)
        return labels.each_literal(sql, found.name, lambda text: _renamed_in(text, old, new))

    _remade(session, found, found.name, made)
    _rewritten(session, found, changed)
    engine = session.engine
    engine.run("PRAGMA defer_foreign_keys = ON", trusted=True)  # a key is renamed before what refers to it
    for each, column, several in holding:
        table, name = f"{each.schema}.{quote_identifier(each.name)}", quote_identifier(column)
        one, two = quote_text(old), quote_text(new)
        if several:
            sql = (
                f"UPDATE {table} SET {name} = pg_label_renamed({name}, {one}, {two}) WHERE {name} IS NOT NULL"
            )
        else:
            sql = f"UPDATE {table} SET {name} = {two} WHERE {name} = {one}"
        engine.run(sql, trusted=True).close()


def _renamed_in(text: str, old: str, new: str) -> str:
    """Return a label, or an array of them in JSON, as definitions have it."""
    from ..functions.labels import pg_label_renamed

    if text == old:
        return new
    return pg_label_renamed(text, old, new) if text[:1] == "[" else text


def _rename(session: Session, found: Enumeration, change: TypeChange) -> None:
    if change.new == found.name:
        raise PgError("42710", f'type "{change.new}" already exists')
    if change.new.lower() != found.name.lower():
        _refuse_name(session, change.new)
    _remade(session, found, change.new, found.labels)
    _rewritten(session, found, lambda sql: labels.renamed(sql, found.name, change.new))


# ---- DROP TYPE ----


def _columns(session: Session, found: Enumeration) -> list[tuple[Object, str, bool]]:
    """Return the columns of tables that are of a type: table, name, and whether it is an array."""
    reading = session.engine.schema
    return [
        (each, column.name, bool(column.sized.type.element))
        for each in reading.objects
        if each.kind == "table" and each.sql and labels.names(each.sql, found.name)
        for column in reading.info(each).columns
        if column.sized is not None and column.sized.type.oid in (found.type.oid, found.type.array)
    ]


def _drop(session: Session, found: Enumeration, change: TypeChange) -> None:
    columns = [(each, column) for each, column, _ in _columns(session, found)]
    tables = {each.name for each, _ in columns}
    others = [
        each
        for each in session.engine.schema.objects
        if each.sql
        and labels.names(each.sql, found.name)
        and not (each.kind == "table" and each.name in tables)
    ]
    _drop_with(session, found.name, found.type.title, columns, others, cascade=change.cascade)


def _drop_with(
    session: Session,
    name: str,
    title: str,
    columns: list[tuple[Object, str]],
    others: list[Object],
    *,
    cascade: bool,
) -> None:
    """Drop a type, and if that is asked for what depends on it."""
    engine = session.engine
    said = [f"column {column} of table {each.name} depends on type {title}" for each, column in columns]
    said += [f"{each.kind} {each.name} depends on type {title}" for each in others]
    if said and not cascade:
        raise PgError(
            "2BP01",
            f"cannot drop type {title} because other objects depend on it",
            detail="\n".join(said),
            hint="Use DROP ... CASCADE to drop the dependent objects too.",
        )
    for each in others:
        if each.kind not in ("view", "index"):
            raise not_supported(
                f"DROP TYPE ... CASCADE would have to change the {each.kind} {each.name}",
                hint="Drop what names the type there.",
            )
        engine.run(
            f"DROP {each.kind.upper()} {each.schema}.{quote_identifier(each.name)}", trusted=True
        ).close()
    for each, column in columns:
        table = f"{each.schema}.{quote_identifier(each.name)}"
        try:
            engine.run(f"ALTER TABLE {table} DROP COLUMN {quote_identifier(column)}", trusted=True).close()
        except PgError as error:
            raise not_supported(
                f"DROP TYPE ... CASCADE would have to drop column {column} of table {each.name}: {error}",
                hint="Drop what depends on the column first, or the table.",
            ) from None
    engine.run(f"DROP VIEW main.{quote_identifier(name)}", trusted=True).close()
    engine.forget()


# ---- domains ----


def _create_domain(session: Session, made: domains.Domain) -> None:
    _refuse_name(session, made.name)
    made = made._replace(number=_number(session))
    session.engine.run(domains.view(made), trusted=True).close()
    session.engine.forget()


def _drop_domain(session: Session, change: DomainChange) -> None:
    reading = session.engine.schema
    found = reading.domains().get(change.name)
    if found is None:
        raise PgError("42704", f'type "{change.name}" does not exist')
    naming = [each for each in reading.objects if each.sql and domains.names(each.sql, found.name)]
    columns = [
        (each, column.name)
        for each in naming
        if each.kind == "table"
        for column in reading.info(each).columns
        if column.domain == found.name
    ]
    tables = {each.name for each, _ in columns}
    others = [each for each in naming if each.name not in tables]
    _drop_with(session, found.name, found.title, columns, others, cascade=change.cascade)


_CHANGES = {"add value": _add_value, "rename value": _rename_value, "rename": _rename, "drop": _drop}
