"""Catalogs that follow from other catalogs: views in memory, which cost nothing until somebody asks."""

from __future__ import annotations

_RELATIONS = "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind"
_INDEXES = (
    "FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_class AS c ON c.oid = x.indrelid"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
)
_USERS = "n.nspname NOT IN ('pg_catalog', 'information_schema')"
_RELATION = {"relid": "c.oid", "schemaname": "n.nspname", "relname": "c.relname"}
_INDEX = _RELATION | {"indexrelid": "i.oid", "indexrelname": "i.relname"}
_COLUMN = {name: f"columns.{name}" for name in ("table_catalog", "table_schema", "table_name", "column_name")}
_GRANT = {name: name for name in ("grantor", "grantee", "privilege_type", "is_grantable", "with_hierarchy")}
_GRANTS_OF_COLUMNS = (
    "FROM table_privileges JOIN columns USING (table_schema, table_name)"
    " WHERE privilege_type IN ('INSERT', 'SELECT', 'UPDATE', 'REFERENCES')"
)

# The columns that a view has, by their expressions, and where from. The others are NULL: SQLite counts no blocks.
DERIVED: dict[tuple[str, str], tuple[dict[str, str], str]] = {
    ("pg_catalog", "pg_stat_all_tables"): (_RELATION, f"{_RELATIONS} IN ('r', 'm')"),
    ("pg_catalog", "pg_stat_user_tables"): (_RELATION, f"{_RELATIONS} IN ('r', 'm') AND {_USERS}"),
    ("pg_catalog", "pg_statio_all_tables"): (_RELATION, f"{_RELATIONS} IN ('r', 'm')"),
    ("pg_catalog", "pg_statio_user_tables"): (_RELATION, f"{_RELATIONS} IN ('r', 'm') AND {_USERS}"),
    ("pg_catalog", "pg_stat_all_indexes"): (_INDEX, _INDEXES),
    ("pg_catalog", "pg_stat_user_indexes"): (_INDEX, f"{_INDEXES} WHERE {_USERS}"),
    ("pg_catalog", "pg_statio_all_indexes"): (_INDEX, _INDEXES),
    ("pg_catalog", "pg_statio_user_indexes"): (_INDEX, f"{_INDEXES} WHERE {_USERS}"),
    ("pg_catalog", "pg_statio_all_sequences"): (_RELATION, f"{_RELATIONS} = 'S'"),
    ("pg_catalog", "pg_statio_user_sequences"): (_RELATION, f"{_RELATIONS} = 'S'"),
    ("information_schema", "role_table_grants"): (
        _GRANT | {name: name for name in _COLUMN if name != "column_name"},
        "FROM table_privileges",
    ),
    ("information_schema", "column_privileges"): (_GRANT | _COLUMN, _GRANTS_OF_COLUMNS),
    ("information_schema", "role_column_grants"): (_GRANT | _COLUMN, _GRANTS_OF_COLUMNS),
    ("information_schema", "column_udt_usage"): (
        _COLUMN | {name: name for name in ("udt_catalog", "udt_schema", "udt_name")},
        "FROM columns",
    ),
}
