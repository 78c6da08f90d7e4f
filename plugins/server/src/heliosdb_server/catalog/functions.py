"""SQL functions about the catalog: names into OIDs and back, and definitions as text."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.sql.names import folded
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..functions.marks import sees_null
from ..functions.texts import pg_quote_ident
from ..protocol.errors import PgError
from ..types import arrays, registry
from ..types.registry import REG_MARK
from .objects import is_temporary
from .qualified import qualified
from .relations import RELATIONS
from .system import DATABASE_OWNER, VECTORS

if TYPE_CHECKING:
    from ..session.session import Session

_SYSTEM = {relation.oid: relation for relation in RELATIONS.values()}
NAMESPACES = {11: "pg_catalog", 99: "pg_toast", 2200: "public", 13100: "information_schema"}


def catalog_functions(session: Session) -> dict[str, Callable[..., Any]]:
    """Return the functions, for one session."""

    def names() -> dict[int, str]:
        return session.catalog_names

    def seen(oid: int) -> bool:
        """Is this table of the database found without its schema?"""
        return is_temporary(oid) or session.engine.schema.sees("public")

    def regclass(text: Any, *, strict: bool = True) -> int | None:
        if isinstance(text, int) or str(text).isdigit():
            return int(text)
        parts = identifier(str(text))
        if (system := RELATIONS.get(("pg_catalog", parts[-1]))) is not None and parts[:-1] in (
            [],
            ["pg_catalog"],
        ):
            return system.oid
        reading = session.engine.schema
        schema = parts[-2] if len(parts) > 1 else "information_schema"
        if (system := RELATIONS.get((schema, parts[-1]))) is not None and (
            len(parts) > 1 or reading.sees(schema)
        ):
            return system.oid
        if len(parts) == 1 and not reading.sees("public") and reading.object(parts[0], "temp") is None:
            if strict:
                raise PgError("42P01", f'relation "{text}" does not exist')
            return None
        where = (
            {"public": "main", "main": "main", "pg_temp": "temp"}.get(parts[-2]) if len(parts) > 1 else None
        )
        found = reading.object(parts[-1], where)
        if (found is None and len(parts) == 1) or where == "main":
            sequence = session.catalog_sequences.get(parts[-1])
            if sequence is not None:
                return sequence
        if found is None:
            for oid, name in names().items():  # the index of a constraint, which SQLite calls something else
                if name == parts[-1]:
                    return oid
            if strict:
                raise PgError("42P01", f'relation "{text}" does not exist')
            return None
        return found.oid

    def regtype(text: Any, *, strict: bool = True) -> int | None:
        if isinstance(text, int) or str(text).isdigit():
            return int(text)
        bare = re.sub(r"\(.*\)", "", str(text)).strip()
        kind = registry.by_name(_type_name(bare))
        if kind is None and bare:
            parts = identifier(bare.removesuffix("[]"))
            own = session.engine.schema.type_named(parts[-1], qualified=len(parts) > 1)
            kind = registry.array_of(own) if bare.endswith("[]") else own
            domain = session.engine.schema.domain_named(parts[-1], qualified=len(parts) > 1)
            if domain is not None and not bare.endswith("[]"):
                return domain.oid
        if kind is None:
            table = session.engine.schema.object(identifier(bare)[-1]) if bare else None
            if table is not None and table.kind in ("table", "view"):
                return table.oid + 1  # the type of its rows
            if strict:
                raise PgError("42704", f'type "{text}" does not exist')
            return None
        return kind.oid

    def namespace(text: Any, *, strict: bool = True) -> int | None:
        if isinstance(text, int) or str(text).isdigit():
            return int(text)
        found = next((oid for oid, name in NAMESPACES.items() if name == identifier(str(text))[-1]), None)
        if found is None and strict:
            raise PgError("3F000", f'schema "{text}" does not exist')
        return found

    readers = {"regclass": regclass, "regtype": regtype, "regnamespace": namespace}

    def pg_reg(kind: str, text: Any) -> int:
        if kind in readers:
            found = readers[kind](text)
            assert found is not None
            return found
        if isinstance(text, int) or str(text).lstrip("-").isdigit():
            return int(text)
        if kind == "regrole":
            return 10
        for oid, name in session.catalog_procedures.items():
            if name == str(text).rpartition(".")[2].partition("(")[0]:
                return oid
        raise PgError("42883", f'function "{text}" does not exist')

    def pg_reg_out(kind: str, oid: Any) -> str:
        if isinstance(oid, str) and not oid.isdigit():
            return oid
        number = int(oid)
        if kind == "regclass":
            found = names().get(number)
            if found is None and (system := _SYSTEM.get(number)) is not None:
                return system.name if system.schema == "pg_catalog" else f"{system.schema}.{system.name}"
            if found is None:
                return "-" if number == 0 else str(number)
            return ("" if seen(number) else "public.") + pg_quote_ident(found)
        if kind == "regtype":
            if (shown := session.engine.schema.type_title(number)) is not None:
                return shown
            if (table := names().get(number - 1)) is not None:
                return pg_quote_ident(table)
            return "-" if number == 0 else str(number)
        if kind == "regnamespace":
            return NAMESPACES.get(number, str(number))
        if kind == "regrole":
            return session.user if number == 10 else str(number)
        return session.catalog_procedures.get(number, "-" if number == 0 else str(number))

    def pg_reg_both(kind: str, oid: Any) -> str:
        """Return OID and name: a client gets the one in binary, the other as text."""
        number = oid if isinstance(oid, int) or oid.isdigit() else 0  # a function that has none here
        return f"{int(number)}{REG_MARK}{pg_reg_out(kind, oid)}"

    @sees_null
    def pg_format_type(oid: Any, modifier: Any = -1) -> str | None:
        if oid is None:
            return None
        kind = session.engine.schema.type_of(int(oid))
        if kind is None:
            return session.engine.schema.type_title(int(oid)) or names().get(int(oid) - 1, "???")
        title = registry.title(kind, -1 if modifier is None else int(modifier))
        own = kind.oid in VECTORS or registry.enumerated(kind) is not None
        return f"public.{title}" if own and not session.engine.schema.sees("public") else title

    def pg_export_snapshot() -> None:
        raise PgError(
            "0A000", "snapshots of transactions can't be shared", hint="Let pg_dump work without -j."
        )

    def pg_enum_labels(oid: int) -> str:
        kind = session.engine.known.type_of(oid)
        if kind is None:
            raise PgError("42704", "the type of these labels does not exist any more")
        return arrays.dump(list(kind.labels))

    def worded(text: str) -> str:
        """Return a definition, in which tables and types are named as search_path needs it."""
        reading = session.engine.schema
        if reading.sees("public"):
            return text
        tables = {folded(each.name) for each in reading.tables()}
        return qualified(text, tables, reading.type_titles())

    def pg_get_expr(text: Any, relation: Any = 0, pretty: Any = 0) -> str | None:
        if text is None:
            return None
        return worded(session.catalog_pretty.get(str(text), str(text)) if pretty else str(text))

    def pg_get_constraintdef(oid: int, pretty: Any = 0) -> str | None:
        found = session.catalog_constraints.get(oid)
        return worded(found[bool(pretty)]) if found is not None else None

    def pg_get_indexdef(oid: int, column: int = 0, pretty: Any = 0) -> str | None:
        found = session.catalog_indexes.get(oid)
        if found is None:
            return None
        if not column:
            return found[0][bool(pretty)]
        return found[1][column - 1][bool(pretty)] if column <= len(found[1]) else ""

    def pg_get_viewdef(view: Any, pretty: Any = 0) -> str | None:
        oid = view if isinstance(view, int) else regclass(view)
        found = session.catalog_views.get(oid or 0)
        # PostgreSQL takes a number for the width of its lines, which says that they are to be pretty.
        return worded(found[bool(pretty)]) if found is not None else None

    def owns(table: str, sequence: str) -> bool:
        """Is a sequence this table's own, of those that it counts by?"""
        ((owner,),) = session.engine.rows(f"SELECT owned_by FROM {quote_identifier(sequence)}")
        other = (owner or "").rpartition(".")[0].lower()
        users = [each.lower() for each in session.engine.schema.counted_by(sequence)]
        return owner is not None and (other == table.lower() or other not in users)

    def pg_get_serial_sequence(table: str, column: str) -> str | None:
        parts = identifier(table)
        found = session.engine.schema.object(parts[-1])
        if found is None or (len(parts) == 1 and not seen(found.oid)):
            raise PgError("42P01", f'relation "{table}" does not exist')
        info = session.engine.schema.info(found)
        for name, sequence in info.sequences.items():
            if name.lower() == column.lower():
                return f"public.{pg_quote_ident(sequence)}" if owns(found.name, sequence) else None
        if all(column.lower() != each.name.lower() for each in info.columns):
            raise PgError("42703", f'column "{column}" of relation "{table}" does not exist')
        if info.rowid.lower() != column.lower() or not session.engine.schema.counts(found.name):
            return None
        return f"public.{pg_quote_ident(f'{found.name}_{info.rowid}_seq')}"

    def pg_is_visible(oid: int) -> int:
        relation = _SYSTEM.get(oid)
        if relation is not None:
            return int(session.engine.schema.sees(relation.schema))
        return int(oid in names() and seen(oid))

    def said(oid: Any, number: Any, classoid: int | None = None) -> str | None:
        found = session.engine.rows(
            "SELECT description FROM pg_catalog.pg_description WHERE (objoid, objsubid) = (?, ?)"
            " AND classoid = coalesce(?, classoid)",
            (oid, number, classoid),
        )
        return str(found[0][0]) if found else None

    def pg_obj_description(oid: Any, catalog: Any = None) -> str | None:
        relation = RELATIONS.get(("pg_catalog", str(catalog)))
        return said(oid, 0, relation.oid if relation is not None else None)

    def pg_col_description(oid: Any, number: Any = 0) -> str | None:
        return said(oid, number, 1259) if number else None

    def pg_relation_size(oid: Any, *_: Any) -> int:
        name = names().get(int(oid), "")
        try:
            rows = session.engine.rows("SELECT sum(pgsize) FROM dbstat WHERE name = ? AND aggregate", (name,))
        except PgError:  # a SQLite without dbstat
            return 0
        return int(rows[0][0] or 0) if rows else 0

    def pg_database_size(*_: Any) -> int:
        ((pages,),) = session.engine.rows("PRAGMA main.page_count")
        ((size,),) = session.engine.rows("PRAGMA main.page_size")
        return int(pages) * int(size)

    def pg_get_triggerdef(oid: int, *_: Any) -> str | None:
        return session.catalog_triggers.get(oid)

    def pg_get_userbyid(oid: int) -> str:
        return {10: session.user, DATABASE_OWNER: "pg_database_owner"}.get(oid) or f"unknown (OID={oid})"

    def pg_get_function_arguments(oid: int) -> str:
        return ""

    def pg_get_function_result(oid: int) -> str:
        return ""

    def pg_sequence_last_value(oid: int) -> int | None:
        reading = session.engine.schema
        for each in reading.sequences():
            if each.oid == oid:
                quoted = f"{each.schema}.{quote_identifier(each.name)}"
                ((last, called),) = session.engine.rows(f"SELECT last_value, is_called FROM {quoted}")
                return int(last) if called else None
        for table in reading.serials().values():
            if (found := reading.object(table)) is not None and found.oid + 3 == oid:
                rows = session.engine.rows("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
                return int(rows[0][0]) if rows else None
        return None

    def pg_relation_is_updatable(*_: Any) -> int:
        return 28

    def pg_to_reg_class(text: str) -> int | None:
        return regclass(text, strict=False)

    def pg_to_reg_type(text: str) -> int | None:
        return regtype(text, strict=False)

    def pg_to_reg_namespace(text: str) -> int | None:
        return namespace(text, strict=False)

    def pg_get_ruledef(*_: Any) -> None:
        return None

    def pg_options_to_table(*_: Any) -> str:
        return "[]"

    def pg_keywords() -> str:
        import json

        from . import keywords

        return json.dumps(keywords.rows())

    def pg_zones() -> str:
        import json
        import zoneinfo

        return json.dumps([[name, name, "00:00:00", 0] for name in sorted(zoneinfo.available_timezones())])

    return {name: each for name, each in locals().items() if name.startswith("pg_")}


def _type_name(text: str) -> str:
    """Return a type's name without its schema and quotes, which stand around PostgreSQL's own short names alone."""
    bare = re.sub(r'^(?:"(?:pg_catalog|public)"|pg_catalog|public)\.', "", text)
    quoted = re.fullmatch(r'"([a-z_0-9]+)"((?:\[\])*)', bare)
    return quoted[1] + quoted[2] if quoted is not None else bare


def identifier(text: str) -> list[str]:
    """Return the parts of a name as it is written in SQL: ``public."My Table"``."""
    parts = [
        match[1].replace('""', '"') if match[1] is not None else match[2].lower()
        for match in re.finditer(r'"((?:[^"]|"")*)"|([^".\s]+)', text)
    ]
    if not parts:
        raise PgError("42602", "invalid name syntax")
    return parts
