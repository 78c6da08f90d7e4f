"""The rows of information_schema."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from typing import Any

from ..translation.scope import Column
from ..types.registry import (
    BPCHAR,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    NUMERIC,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    VARCHAR,
    PgType,
    Sized,
    enumerated,
    item_of,
)  # fmt: skip
from . import own_types
from .described import TEMPORARY, Constraint, Described, Relation
from .system import VECTORS, default_text

Rows = dict[tuple[str, str], list[dict[str, Any]]]
_BITS = {INT2: 16, INT4: 32, INT8: 64, FLOAT4: 24, FLOAT8: 53}
_MOMENTS = (TIME, TIMETZ, TIMESTAMP, TIMESTAMPTZ, INTERVAL)
_RULES = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_KINDS = {"p": "PRIMARY KEY", "u": "UNIQUE", "f": "FOREIGN KEY", "c": "CHECK"}


def rows(found: Described, database: str, user: str) -> Rows:
    """Return what the views hold."""
    made: Rows = {}

    def table(name: str) -> list[dict[str, Any]]:
        return made.setdefault(("information_schema", name), [])

    for name in ("public", "pg_catalog", "information_schema"):
        table("schemata").append({"catalog_name": database, "schema_name": name, "schema_owner": user})
    table("information_schema_catalog_name").append({"catalog_name": database})
    table("enabled_roles").append({"role_name": user})
    table("character_sets").append({"character_set_name": "UTF8", "character_repertoire": "UCS", "form_of_use": "UTF8",
                                    "default_collate_catalog": database, "default_collate_schema": "pg_catalog",
                                    "default_collate_name": "default"})  # fmt: skip
    for name in ("default", "C", "POSIX"):
        table("collations").append({"collation_catalog": database, "collation_schema": "pg_catalog",
                                    "collation_name": name, "pad_attribute": "NO PAD"})  # fmt: skip
    for domain in found.domains:
        table("domains").append({
            "domain_catalog": database, "domain_schema": "public", "domain_name": domain.name,
            "data_type": _sizes(domain.base)["data_type"],
        })  # fmt: skip
    by_oid = {each.oid: each for each in found.relations}
    for each in found.relations:
        if each.kind in "rv":
            _relation(each, found, table, database, user)
    primary = {c.table: c for c in found.constraints if c.kind == "p"}
    for c in found.constraints:
        _constraint(c, table, by_oid, primary, database)
    for trigger in found.triggers:
        owner = by_oid.get(trigger.table)
        if owner is not None:
            table("triggers").append({
                "trigger_catalog": database, "trigger_schema": "public", "trigger_name": trigger.name,
                "event_object_catalog": database, "event_object_schema": "public", "event_object_table": owner.name,
                "action_statement": trigger.definition, "action_orientation": "ROW",
            })  # fmt: skip
    return made


def _is_own(kind: PgType) -> bool:
    """Is it a type of the schema public?"""
    return kind.oid in VECTORS or enumerated(kind) is not None


def _schema(each: Relation) -> str:
    return "pg_temp_1" if each.namespace == TEMPORARY else "public"


def _relation(each: Relation, found: Described, table: Any, database: str, user: str) -> None:
    place = {"table_catalog": database, "table_schema": _schema(each), "table_name": each.name}
    kind = "VIEW" if each.kind == "v" else "LOCAL TEMPORARY" if each.temporary else "BASE TABLE"
    writable = "YES" if each.kind == "r" else "NO"
    table("tables").append(place | {"table_type": kind, "is_insertable_into": writable, "is_typed": "NO"})
    if each.kind == "v":
        table("views").append(place | {
            "view_definition": each.definition, "check_option": "NONE", "is_updatable": "NO", "is_insertable_into": "NO",
            "is_trigger_updatable": "NO", "is_trigger_deletable": "NO", "is_trigger_insertable_into": "NO",
        })  # fmt: skip
    for privilege in ("INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
        table("table_privileges").append(place | {
            "grantor": user, "grantee": user, "privilege_type": privilege, "is_grantable": "YES",
            "with_hierarchy": "YES" if privilege == "SELECT" else "NO",
        })  # fmt: skip
    for at, column in enumerate(each.columns, 1):
        sized = column.sized or Sized(TEXT)
        default = None
        own = each.info.defaults.get(column.name) if each.info is not None else None
        if own is not None and own_types.own_default(found, column, own):
            default = default_text(own, column.sized)
        identity = each.info.identities.get(column.name, "") if each.info is not None else ""
        if each.counted and column.name == each.counted and not identity:
            default = f"nextval('{each.name}_{column.name}_seq'::regclass)"
        if each.info is not None and column.name in each.info.sequences and not identity:
            default = f"nextval('{each.info.sequences[column.name]}'::regclass)"
        generated = column.name in each.generated
        table("columns").append(place | {
            "column_name": column.name, "ordinal_position": column.source[1] or at, "column_default": default,
            "is_nullable": "NO" if column.not_null else "YES", "udt_catalog": database,
            "udt_schema": "public" if _is_own(sized.type) else "pg_catalog", "udt_name": sized.type.name,
            "dtd_identifier": str(column.source[1] or at), "is_self_referencing": "NO",
            "is_identity": "YES" if identity else "NO",
            "identity_generation": {"a": "ALWAYS", "d": "BY DEFAULT"}.get(identity), "identity_cycle": "NO", "is_generated": "ALWAYS" if generated else "NEVER",
            "generation_expression": each.generated.get(column.name), "is_updatable": writable,
        } | _sizes(sized) | _of_domain(column, database))  # fmt: skip
        if sized.type.category == "A" and sized.type.element:
            element = item_of(sized.type) or TEXT
            table("element_types").append({
                "object_catalog": database, "object_schema": _schema(each), "object_name": each.name,
                "object_type": kind.rpartition(" ")[2], "collection_type_identifier": str(column.source[1] or at),
                "data_type": "USER-DEFINED" if _is_own(element) else element.title, "udt_catalog": database,
                "udt_schema": "public" if _is_own(element) else "pg_catalog",
                "udt_name": element.name, "dtd_identifier": f"a{column.source[1] or at}",
            })  # fmt: skip


def _of_domain(column: Column, database: str) -> dict[str, Any]:
    if not column.domain:
        return {}
    return {"domain_catalog": database, "domain_schema": "public", "domain_name": column.domain}


def _sizes(sized: Sized) -> dict[str, Any]:
    kind, modifier = sized
    made: dict[str, Any] = {"data_type": "ARRAY" if kind.element and kind.name[0] == "_" else kind.title}
    if _is_own(kind):
        made["data_type"] = "ARRAY" if kind.category == "A" or kind.oid == 16389 else "USER-DEFINED"
    if kind in (VARCHAR, BPCHAR):
        limit = modifier - 4 if modifier > 0 else None
        made |= {
            "character_maximum_length": limit,
            "character_octet_length": limit * 4 if limit else 1073741824,
        }
    elif kind is TEXT:
        made["character_octet_length"] = 1073741824
    elif kind in _BITS:
        made |= {"numeric_precision": _BITS[kind], "numeric_precision_radix": 2}
        made["numeric_scale"] = 0 if kind in (INT2, INT4, INT8) else None
    elif kind is NUMERIC:
        made["numeric_precision_radix"] = 10
        if modifier != -1:
            made |= {"numeric_precision": modifier - 4 >> 16, "numeric_scale": modifier - 4 & 0xFFFF}
    elif kind in _MOMENTS:
        made["datetime_precision"] = modifier if modifier != -1 else 6
    elif kind is DATE:
        made["datetime_precision"] = 0
    return made


def _constraint(
    c: Constraint, table: Any, by_oid: dict[int, Relation], primary: dict[int, Constraint], database: str
) -> None:
    owner = by_oid[c.table]
    name = {"constraint_catalog": database, "constraint_schema": _schema(owner), "constraint_name": c.name}
    place = {"table_catalog": database, "table_schema": _schema(owner), "table_name": owner.name}
    table("table_constraints").append(name | place | {
        "constraint_type": _KINDS[c.kind], "is_deferrable": "YES" if c.deferrable else "NO",
        "initially_deferred": "YES" if c.deferred else "NO", "enforced": "YES",
        "nulls_distinct": "YES" if c.kind == "u" else None,
    })  # fmt: skip
    columns = {column.source[1] or at: column.name for at, column in enumerate(owner.columns, 1)}
    if c.kind == "c":
        table("check_constraints").append(name | {"check_clause": f"({c.clause})"})
        for number in c.numbers:
            table("constraint_column_usage").append(name | place | {"column_name": columns.get(number)})
        return
    for at, number in enumerate(c.numbers, 1):
        table("key_column_usage").append(name | place | {
            "column_name": columns.get(number), "ordinal_position": at,
            "position_in_unique_constraint": at if c.kind == "f" else None,
        })  # fmt: skip
    if c.kind != "f":
        for number in c.numbers:
            table("constraint_column_usage").append(name | place | {"column_name": columns.get(number)})
        return
    other = by_oid.get(c.referred)
    if other is None:
        return
    there = {column.source[1] or at: column.name for at, column in enumerate(other.columns, 1)}
    for number in c.referred_numbers:
        table("constraint_column_usage").append(name | {
            "table_catalog": database, "table_schema": _schema(other), "table_name": other.name,
            "column_name": there.get(number),
        })  # fmt: skip
    key = primary.get(c.referred)
    table("referential_constraints").append(name | {
        "unique_constraint_catalog": database, "unique_constraint_schema": _schema(other),
        "unique_constraint_name": key.name if key is not None else None, "match_option": "NONE",
        "update_rule": _RULES.get(c.on_update, "NO ACTION"), "delete_rule": _RULES.get(c.on_delete, "NO ACTION"),
    })  # fmt: skip
