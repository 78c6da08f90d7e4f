"""The rows of pg_catalog."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import json
from typing import Any

from ..functions.texts import pg_quote_ident
from ..types.registry import BY_OID, OID, TEXT, PgType, Sized
from . import own_types
from .described import PUBLIC, TEMPORARY, Described, Relation
from .relations import RELATIONS

Rows = dict[tuple[str, str], list[dict[str, Any]]]
OWNER = 10
DATABASE_OWNER = 6171  # pg_database_owner, whose the schema public is
DATABASE = 16384
_PG = 11
_INFORMATION = 13100
_BTREE, _HEAP = 403, 2
_DEFAULT_COLLATION = 100
_VECTOR_EXTENSION = 16384 + 6
VECTORS = (16388, 16389)  # pgvector's type, and arrays of it
_COLLATED = frozenset((25, 1043, 1042, 19, 18))
# Functions that clients look for by name: OID, name, result, arguments.
_FUNCTIONS = (
    (750, "array_in", 2277, (2275, 26, 23)), (2400, "array_recv", 2277, (2281, 26, 23)), (1299, "now", 1184, ()),
    (870, "lower", 25, (25,)), (871, "upper", 25, (25,)), (2803, "count", 20, ()), (2147, "count", 20, (2276,)),
    (89, "version", 25, ()), (861, "current_database", 19, ()), (1402, "current_schema", 19, ()),
    (2026, "pg_backend_pid", 23, ()), (3432, "gen_random_uuid", 2950, ()), (1574, "nextval", 20, (2205,)),
)  # fmt: skip
PROCEDURES = {oid: name for oid, name, _, _ in _FUNCTIONS}
_OPCLASSES = (  # OID, name, type, family
    (1978, "int4_ops", 23, 1976), (1979, "int2_ops", 21, 1976), (1981, "oid_ops", 26, 1989), (3122, "date_ops", 1082, 434),
    (3123, "float8_ops", 701, 1970), (3124, "int8_ops", 20, 1976), (3125, "numeric_ops", 1700, 1988),
    (3126, "text_ops", 25, 1994), (3127, "timestamptz_ops", 1184, 434), (3128, "timestamp_ops", 1114, 434),
    (10000, "array_ops", 2277, 397), (10003, "bool_ops", 16, 424), (10004, "bpchar_ops", 1042, 426),
    (10006, "bytea_ops", 17, 428), (10012, "float4_ops", 700, 1970), (10022, "interval_ops", 1186, 1982),
    (10028, "name_ops", 19, 1994), (10038, "time_ops", 1083, 1996), (10041, "timetz_ops", 1266, 2000),
    (10065, "uuid_ops", 2950, 2968), (10088, "jsonb_ops", 3802, 4033),
)  # fmt: skip
_OPCLASS = {kind: oid for oid, _, kind, _ in _OPCLASSES}
_UNDERSCORED = frozenset((  # numeric_in, but textin
    "numeric", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "json", "jsonb", "uuid", "inet", "cidr",
    "macaddr", "xml", "point", "bit", "varbit", "record", "void", "vector", "aclitem", "pg_node_tree", "anyarray",
))  # fmt: skip
# The columns that each table of PostgreSQL's has beside its own: clients list them, and leave them out again.
_HIDDEN = ((-6, "tableoid", 26, 4), (-5, "cmax", 29, 4), (-4, "xmax", 28, 4), (-3, "cmin", 29, 4), (-2, "xmin", 28, 4),
           (-1, "ctid", 27, 6))  # fmt: skip
_ALIGN = {1: "c", 2: "s", 4: "i", 8: "d"}


def rows(found: Described, database: str, user: str) -> Rows:
    """Return what the catalogs hold that the schema decides."""
    made: Rows = {}

    def table(name: str) -> list[dict[str, Any]]:
        return made.setdefault(("pg_catalog", name), [])

    for oid, name in ((_PG, "pg_catalog"), (99, "pg_toast"), (PUBLIC, "public"), (_INFORMATION, "information_schema"),
                      (TEMPORARY, "pg_temp_1")):  # fmt: skip
        table("pg_namespace").append({"oid": oid, "nspname": name, "nspowner": OWNER})
    table("pg_namespace")[2] |= {
        "nspowner": DATABASE_OWNER,
        "nspacl": json.dumps(["pg_database_owner=UC/pg_database_owner", "=U/pg_database_owner"]),
    }
    for oid, text in ((_PG, "system catalog schema"), (PUBLIC, "standard public schema")):
        table("pg_description").append({"objoid": oid, "classoid": 2615, "objsubid": 0, "description": text})
    # With vectors the database is as PostgreSQL with pgvector; without, their type is one of those that are there.
    vectors = any(
        c.sized is not None and c.sized.type.oid in VECTORS for r in found.relations for c in r.columns
    )
    for kind in BY_OID.values():
        row = _type_row(kind)
        table("pg_type").append(row)
        if kind.oid in VECTORS and vectors:
            row["typnamespace"] = PUBLIC
            table("pg_depend").append(_depends(1247, kind.oid, 3079, _VECTOR_EXTENSION, "e"))
    if vectors:
        table("pg_extension").append({"oid": _VECTOR_EXTENSION, "extname": "vector", "extowner": OWNER,
                                      "extnamespace": PUBLIC, "extrelocatable": 1, "extversion": "0.8.0"})  # fmt: skip
    own_types.add(found, table, _type_row, default_text)
    for oid, name, size, array in ((27, "tid", 6, 1010), (29, "cid", 4, 1012)):
        table("pg_type").append(_type_row(PgType(oid, name, "U", size, array, name)))
    for relation in RELATIONS.values():
        schema = _PG if relation.schema == "pg_catalog" else _INFORMATION
        view = relation.oid >= 12000
        table("pg_class").append(
            _class_row(relation.oid, relation.name, "v" if view else "r", schema, len(relation.columns))
        )
        for at, column in enumerate(relation.columns, 1):
            table("pg_attribute").append(
                _attribute_row(relation.oid, at, column.name, Sized(column.type), not_null=False)
            )
    for each in found.relations:
        _relation(each, table, found)
    for index in found.indexes:
        table("pg_index").append({
            "indexrelid": index.oid, "indrelid": index.table, "indnatts": len(index.numbers),
            "indnkeyatts": len(index.numbers), "indisunique": int(index.unique), "indnullsnotdistinct": 0,
            "indisprimary": int(index.primary), "indisexclusion": 0, "indimmediate": 1, "indisclustered": 0,
            "indisvalid": 1, "indcheckxmin": 0, "indisready": 1, "indislive": 1, "indisreplident": 0,
            "indkey": json.dumps(index.numbers), "indcollation": json.dumps([_collation(each) for each in index.types]),
            "indclass": json.dumps([_opclass(each) for each in index.types]),
            "indoption": json.dumps([3 if down else 0 for down in index.descending]),
            "indexprs": ", ".join(index.expressions) or None, "indpred": index.predicate or None,
        })  # fmt: skip
    for c in found.constraints:
        table("pg_constraint").append({
            "oid": c.oid, "conname": c.name, "connamespace": PUBLIC, "contype": c.kind,
            "condeferrable": int(c.deferrable), "condeferred": int(c.deferred), "convalidated": 1, "conrelid": c.table,
            "contypid": 0, "conindid": c.index, "conparentid": 0, "confrelid": c.referred,
            "confupdtype": c.on_update, "confdeltype": c.on_delete, "confmatchtype": "s" if c.kind == "f" else " ",
            "conislocal": 1, "coninhcount": 0, "connoinherit": int(c.kind != "c"), "conkey": json.dumps(c.numbers),
            "confkey": json.dumps(c.referred_numbers) if c.kind == "f" else None, "conbin": c.clause or None,
        })  # fmt: skip
        if c.index and c.kind in "pu":
            table("pg_depend").append(_depends(1259, c.index, 2606, c.oid, "i"))
    for trigger in found.triggers:
        table("pg_trigger").append({
            "oid": trigger.oid, "tgrelid": trigger.table, "tgparentid": 0, "tgname": trigger.name, "tgfoid": 0,
            "tgtype": 5, "tgenabled": "O", "tgisinternal": 0, "tgconstrrelid": 0, "tgconstrindid": 0,
            "tgconstraint": 0, "tgdeferrable": 0, "tginitdeferred": 0, "tgnargs": 0, "tgattr": "[]", "tgargs": b"",
        })  # fmt: skip
    _fixed(table)
    _views(table, found, user)
    return made


def _depends(classid: int, oid: int, refclass: int, ref: int, kind: str, number: int = 0) -> dict[str, Any]:
    return {"classid": classid, "objid": oid, "objsubid": 0, "refclassid": refclass, "refobjid": ref,
            "refobjsubid": number, "deptype": kind}  # fmt: skip


def _collation(kind: PgType) -> int:
    return _DEFAULT_COLLATION if kind.oid in _COLLATED else 0


def _opclass(kind: PgType) -> int:
    return _OPCLASS.get(2277 if kind.name.startswith("_") else kind.oid, _OPCLASS[TEXT.oid])


def _storage(kind: PgType) -> str:
    if kind.size > 0 or kind.name in ("int2vector", "oidvector"):
        return "p"
    return "m" if kind.name in ("numeric", "inet", "cidr") else "x"


def _type_row(kind: PgType) -> dict[str, Any]:
    name = kind.name
    functions = f"{name}_" if name in _UNDERSCORED else name
    array = kind.category == "A" and name.startswith("_")
    return {
        "oid": kind.oid, "typname": name, "typnamespace": _PG,
        "typowner": OWNER, "typlen": kind.size, "typbyval": int(kind.size in (1, 2, 4, 8)),
        "typtype": "p" if kind.category == "P" else "b", "typcategory": kind.category,
        "typispreferred": int(name in ("bool", "text", "float8", "timestamptz", "interval", "inet", "oid")),
        "typisdefined": 1, "typdelim": ",", "typrelid": 0, "typsubscript": 0,
        "typelem": 18 if name == "name" else kind.element,
        "typarray": kind.array, "typinput": 750 if array else f"{functions}in", "typoutput": f"{functions}out",
        "typreceive": 2400 if array else f"{functions}recv", "typsend": f"{functions}send", "typmodin": 0,
        "typmodout": 0, "typanalyze": 0, "typalign": _ALIGN.get(kind.size, "i"),
        "typstorage": _storage(kind), "typnotnull": 0, "typbasetype": 0, "typtypmod": -1,
        "typndims": 0, "typcollation": _DEFAULT_COLLATION if kind.oid in _COLLATED else 0,
    }  # fmt: skip


def _class_row(oid: int, name: str, kind: str, namespace: int, count: int, **more: Any) -> dict[str, Any]:
    return {
        "oid": oid, "relname": name, "relnamespace": namespace, "reltype": oid + 1 if kind in "rv" else 0,
        "reloftype": 0, "relowner": OWNER, "relam": {"r": _HEAP, "i": _BTREE}.get(kind, 0), "relfilenode": oid,
        "reltablespace": 0, "relpages": int(kind in "iS"), "reltuples": {"i": 0.0, "S": 1.0}.get(kind, -1.0), "relallvisible": 0, "reltoastrelid": 0, "relhasindex": 0,
        "relisshared": 0, "relpersistence": "p", "relkind": kind, "relnatts": count, "relchecks": 0,
        "relhasrules": int(kind == "v"), "relhastriggers": 0, "relhassubclass": 0, "relrowsecurity": 0,
        "relforcerowsecurity": 0, "relispopulated": 1, "relreplident": "d" if kind == "r" else "n",
        "relispartition": 0, "relrewrite": 0, "relfrozenxid": 0, "relminmxid": 0,
    } | more  # fmt: skip


def _attribute_row(
    oid: int, number: int, name: str, sized: Sized, *, not_null: bool, **more: Any
) -> dict[str, Any]:
    kind = sized.type
    return {
        "attrelid": oid, "attname": name, "atttypid": kind.oid, "attstattarget": -1, "attlen": kind.size,
        "attnum": number, "attndims": int(kind.category == "A" and kind.name.startswith("_")), "attcacheoff": -1,
        "atttypmod": sized.modifier, "attbyval": int(kind.size in (1, 2, 4, 8)), "attalign": _ALIGN.get(kind.size, "i"),
        "attstorage": _storage(kind), "attcompression": "", "attnotnull": int(not_null), "atthasdef": 0,
        "atthasmissing": 0, "attidentity": "", "attgenerated": "", "attisdropped": 0, "attislocal": 1, "attinhcount": 0,
        "attcollation": _DEFAULT_COLLATION if kind.oid in _COLLATED else 0,
    } | more  # fmt: skip


def default_text(text: str, sized: Sized | None) -> str:
    """Return a column's default as PostgreSQL writes it."""
    folded = text.strip().upper()
    if folded.startswith("(STRFTIME('%Y-%M-%D %H:%M:%F") or folded in (
        "CURRENT_TIMESTAMP",
        "STRFTIME('%Y-%M-%D %H:%M:%F",
    ):
        return "CURRENT_TIMESTAMP"
    if folded.startswith("STRFTIME('%Y-%M-%D %H:%M:%F"):
        return "CURRENT_TIMESTAMP" if sized is not None and sized.type.name == "timestamp" else "now()"
    if "RANDOMBLOB(4)" in folded and "'89AB'" in folded:
        return "gen_random_uuid()"
    if sized is not None and sized.type.name == "bool" and folded in ("0", "1", "TRUE", "FALSE"):
        return "true" if folded in ("1", "TRUE") else "false"
    if text.startswith("'") and sized is not None:
        return f"{text}::{sized.type.title}"
    return text


def _relation(each: Relation, table: Any, found: Described) -> None:
    name = each.name
    table("pg_class").append(_class_row(
        each.oid, name, each.kind, each.namespace, len(each.columns) or 3, relhasindex=int(each.indexed),
        relchecks=each.checks, relhastriggers=int(each.triggers), relpersistence="t" if each.temporary else "p",
    ))  # fmt: skip
    if each.kind in "rv":
        row = {"oid": each.oid + 1, "typname": name, "typnamespace": each.namespace, "typowner": OWNER, "typlen": -1,
               "typbyval": 0, "typtype": "c", "typcategory": "C", "typispreferred": 0, "typisdefined": 1, "typdelim": ",",
               "typrelid": each.oid, "typsubscript": 0, "typelem": 0, "typarray": 0, "typinput": "record_in",
               "typoutput": "record_out", "typreceive": "record_recv", "typsend": "record_send", "typalign": "d",
               "typstorage": "x", "typnotnull": 0, "typbasetype": 0, "typtypmod": -1, "typndims": 0, "typcollation": 0}  # fmt: skip
        row["typarray"] = each.oid + 2
        table("pg_type").append(row)
        array = {"oid": each.oid + 2, "typname": f"_{name}", "typtype": "b", "typcategory": "A", "typrelid": 0,
                 "typelem": each.oid + 1, "typarray": 0, "typinput": 750, "typoutput": "array_out", "typreceive": 2400,
                 "typsend": "array_send"}  # fmt: skip
        table("pg_type").append(row | array)
        table("pg_depend").append(_depends(1247, each.oid + 1, 1259, each.oid, "i"))
        table("pg_depend").append(_depends(1247, each.oid + 2, 1247, each.oid + 1, "i"))
    if each.kind == "r":
        for number, hidden, oid, size in _HIDDEN:
            own = {"atttypid": oid, "attlen": size, "attbyval": int(size == 4), "attstorage": "p"}
            table("pg_attribute").append(
                _attribute_row(each.oid, number, hidden, Sized(OID), not_null=True) | own
            )

    def default(number: int, text: str, more: dict[str, Any], sequence: int = 0) -> None:
        oid = each.oid * 1000 % 2**30 + number
        more["atthasdef"] = 1
        table("pg_attrdef").append({"oid": oid, "adrelid": each.oid, "adnum": number, "adbin": text})
        table("pg_depend").append(_depends(2604, oid, 1259, each.oid, "a", number))
        if sequence:
            table("pg_depend").append(_depends(2604, oid, 1259, sequence, "n"))

    for at, column in enumerate(each.columns, 1):
        sized = column.sized or Sized(TEXT)
        number = column.source[1] if each.kind in "rv" and column.source[1] else at
        more: dict[str, Any] = {}
        given = each.info.defaults.get(column.name) if each.info is not None else None
        if given is not None and own_types.own_default(found, column, given):
            default(number, default_text(given, column.sized), more)
        identity = each.info.identities.get(column.name, "") if each.info is not None else ""
        more["attidentity"] = identity
        owned = "i" if identity else "a"
        if each.info is not None and (sequence := each.info.sequences.get(column.name)) is not None:
            other = next((r for r in found.relations if r.kind == "S" and r.name == sequence), None)
            if not identity:
                text = f"nextval('{pg_quote_ident(sequence)}'::regclass)"
                default(number, text, more, other.oid if other is not None else 0)
            if other is not None and sequence == f"{name}_{column.name}_seq":
                table("pg_depend").append(_depends(1259, other.oid, 1259, each.oid, owned, number))
        if column.domain:
            more["atttypmod"] = -1
            more["atttypid"] = next((d.oid for d in found.domains if d.name == column.domain), sized.type.oid)
        if column.name in each.generated:
            default(number, each.generated[column.name], more)
            more["attgenerated"] = "s"
        if each.counted and column.name == each.counted:
            if not identity:
                text = f"nextval('{pg_quote_ident(f'{name}_{column.name}_seq')}'::regclass)"
                default(number, text, more, each.oid + 3)
            table("pg_depend").append(_depends(1259, each.oid + 3, 1259, each.oid, owned, number))
        table("pg_attribute").append(
            _attribute_row(
                each.oid, number, column.name, sized, not_null=column.not_null and each.kind != "i", **more
            )
        )


def _fixed(table: Any) -> None:
    table("pg_am").append(
        {"oid": _HEAP, "amname": "heap", "amhandler": "heap_tableam_handler", "amtype": "t"}
    )
    table("pg_am").append({"oid": _BTREE, "amname": "btree", "amhandler": "bthandler", "amtype": "i"})
    for oid, name in ((100, "default"), (950, "C"), (951, "POSIX"), (12400, "ucs_basic")):
        table("pg_collation").append({
            "oid": oid, "collname": name, "collnamespace": _PG, "collowner": OWNER,
            "collprovider": "d" if oid == 100 else "c", "collisdeterministic": 1, "collencoding": -1, "collcollate": name,
            "collctype": name,
        })  # fmt: skip
    for oid, name, result, arguments in _FUNCTIONS:
        table("pg_proc").append({
            "oid": oid, "proname": name, "pronamespace": _PG, "proowner": OWNER, "prolang": 12, "procost": 1.0,
            "prorows": 0.0, "provariadic": 0, "prokind": "a" if name == "count" else "f", "prosecdef": 0,
            "proleakproof": 0, "proisstrict": 1, "proretset": 0, "provolatile": "i", "proparallel": "s",
            "pronargs": len(arguments), "pronargdefaults": 0, "prorettype": result, "proargtypes": json.dumps(arguments),
            "prosrc": name,
        })  # fmt: skip
    for oid, name, kind, family in _OPCLASSES:
        table("pg_opclass").append({
            "oid": oid, "opcmethod": _BTREE, "opcname": name, "opcnamespace": _PG, "opcowner": OWNER,
            "opcfamily": family, "opcintype": kind, "opcdefault": 1, "opckeytype": 0,
        })  # fmt: skip
    for oid, name in ((12, "internal"), (13, "c"), (14, "sql")):
        table("pg_language").append(
            {"oid": oid, "lanname": name, "lanowner": OWNER, "lanispl": 0, "lanpltrusted": int(oid == 14)}
        )
    for oid, name in ((1663, "pg_default"), (1664, "pg_global")):
        table("pg_tablespace").append({"oid": oid, "spcname": name, "spcowner": OWNER})


def _views(table: Any, found: Described, user: str) -> None:
    names = {each.oid: each.name for each in found.relations}
    schemas = {PUBLIC: "public", TEMPORARY: "pg_temp_1"}
    for each in found.relations:
        schema = schemas[each.namespace]
        if each.kind == "r":
            table("pg_tables").append({
                "schemaname": schema, "tablename": each.name, "tableowner": user, "hasindexes": int(each.indexed),
                "hasrules": 0, "hastriggers": int(each.triggers), "rowsecurity": 0,
            })  # fmt: skip
        elif each.kind == "v":
            table("pg_views").append(
                {
                    "schemaname": schema,
                    "viewname": each.name,
                    "viewowner": user,
                    "definition": each.definition,
                }
            )
    for index in found.indexes:
        table("pg_indexes").append({
            "schemaname": "public", "tablename": names.get(index.table), "indexname": index.name,
            "indexdef": index.definition.plain,
        })  # fmt: skip
    table("pg_timezone_abbrevs").append({"abbrev": "UTC", "utc_offset": "00:00:00", "is_dst": 0})
