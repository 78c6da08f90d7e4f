"""The catalog's relations as tables in memory, filled anew when the schema has changed.

The queries that clients send about the database are run, not recognised: whatever they ask, in whatever words, they get
from these tables. They belong to one connection, and hold what its schema is, temporary tables and all.
"""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from . import comments, described, information, live, own_types, sequences, system
from .derived import DERIVED
from .relations import RELATIONS
from .wording import Wording

if TYPE_CHECKING:
    from ..session.session import Session

_LIVE = frozenset(("pg_stat_activity", "pg_settings", "pg_locks", "pg_prepared_statements", "pg_cursors", "pg_stat_ssl",
                   "pg_database", "pg_roles", "pg_authid", "pg_user", "pg_shadow", "pg_stat_database",
                   "pg_sequence", "pg_sequences", "sequences"))  # fmt: skip
Rows = dict[tuple[str, str], list[dict[str, Any]]]


def refresh(session: Session) -> None:
    """Fill the catalog, if what it holds is no longer so."""
    engine = session.engine
    reading = engine.schema
    stamp = engine.stamp()
    there = engine.rows("SELECT count(*) FROM pg_catalog.sqlite_master WHERE name = 'pg_class'")[0][0]
    if not there:
        _create(session)
    if (
        session.catalog_stamp != stamp
        or not there
        or not engine.rows("SELECT 1 FROM pg_catalog.pg_class LIMIT 1")
    ):
        found = described.describe(reading)
        session.catalog_names = {each.oid: each.name for each in found.relations}
        session.catalog_sequences = {each.name: each.oid for each in found.relations if each.kind == "S"}
        session.catalog_constraints = {
            each.oid: Wording(each.definition, each.pretty or each.definition) for each in found.constraints
        }
        session.catalog_constraints |= own_types.definitions(found)
        session.catalog_indexes = {each.oid: (each.definition, each.parts) for each in found.indexes}
        session.catalog_views = {
            each.oid: Wording(each.definition, each.pretty) for each in found.relations if each.kind == "v"
        }
        session.catalog_pretty = found.pretty
        session.catalog_triggers = {each.oid: each.definition for each in found.triggers}
        session.catalog_procedures = system.PROCEDURES
        rows = system.rows(found, session.database_name, session.user)
        rows |= information.rows(found, session.database_name, session.user)
        for key in RELATIONS:
            if key[1] not in _LIVE and key not in DERIVED:
                _fill(session, key, rows.get(key, []))
        session.catalog_described = rows.get(("pg_catalog", "pg_description"), [])
        session.catalog_stamp = stamp
    if (said := comments.rows(session)) is not None:
        _fill(session, ("pg_catalog", "pg_description"), [*session.catalog_described, *said])
    for key, found_now in sequences.rows(session).items():
        _fill(session, key, found_now)
    for name, found_now in live.rows(session).items():
        _fill(session, ("pg_catalog", name), found_now)


def _create(session: Session) -> None:
    for key, relation in RELATIONS.items():
        if key in DERIVED:
            continue
        columns = ", ".join(
            f"{quote_identifier(c.name)} {_affinity(c.type)}".strip() for c in relation.columns
        )
        session.engine.run(
            f"CREATE TABLE {relation.schema}.{quote_identifier(relation.name)} ({columns})", trusted=True
        )
    for schema, table, columns in (
        ("pg_catalog", "pg_class", "oid"), ("pg_catalog", "pg_class", "relname"), ("pg_catalog", "pg_attribute", "attrelid, attnum"),
        ("pg_catalog", "pg_type", "oid"), ("pg_catalog", "pg_index", "indrelid"), ("pg_catalog", "pg_index", "indexrelid"),
        ("pg_catalog", "pg_constraint", "conrelid"), ("pg_catalog", "pg_attrdef", "adrelid, adnum"),
        ("pg_catalog", "pg_namespace", "oid"), ("pg_catalog", "pg_depend", "objid"), ("pg_catalog", "pg_depend", "refobjid"),
    ):  # fmt: skip
        name = f"{table}_{columns.replace(', ', '_')}"
        session.engine.run(f"CREATE INDEX {schema}.{name} ON {table} ({columns})", trusted=True)
    for key, (given, source) in DERIVED.items():
        listed = ", ".join(given.get(c.name, "NULL") for c in RELATIONS[key].columns)
        names = ", ".join(quote_identifier(c.name) for c in RELATIONS[key].columns)
        session.engine.run(
            f"CREATE VIEW {key[0]}.{key[1]} ({names}) AS SELECT {listed} {source}", trusted=True
        )


def _affinity(kind: Any) -> str:
    if kind.category == "N" or kind.name == "bool":
        return "REAL" if kind.name.startswith("float") else "INTEGER"
    return "TEXT" if kind.category in "SZ" else ""


def _fill(session: Session, key: tuple[str, str], rows: Iterable[dict[str, Any]]) -> None:
    relation = RELATIONS[key]
    table = f"{relation.schema}.{quote_identifier(relation.name)}"
    engine = session.engine
    engine._trusted += 1
    try:
        engine.connection.execute(f"DELETE FROM {table}")
        values = [tuple(row.get(column.name) for column in relation.columns) for row in rows]
        if values:
            places = ", ".join("?" * len(relation.columns))
            engine.connection.executemany(f"INSERT INTO {table} VALUES ({places})", values)
    finally:
        engine._trusted -= 1
