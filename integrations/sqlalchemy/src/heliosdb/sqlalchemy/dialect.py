"""The dialect ``heliosdb://``: SQLAlchemy's SQLite dialect on HeliosDB's connections."""

from __future__ import annotations

from typing import Any

from sqlalchemy import schema
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL

from . import reflecting
from . import url as urls
from .compiling import INDEX_OPTIONS, TABLE_OPTIONS, HeliosDDLCompiler, HeliosSQLCompiler, HeliosTypeCompiler
from .past import moment_of, read_at
from .types import HALFVEC, VECTOR


class HeliosDialect(SQLiteDialect_pysqlite):
    """SQLite for SQLAlchemy, with what HeliosDB adds.

    Its ``name`` stays ``"sqlite"``: what looks at it, Alembic or an ``if`` in your program, finds what it expects.
    """

    driver = "heliosdb"
    supports_statement_cache = True
    statement_compiler = HeliosSQLCompiler
    ddl_compiler = HeliosDDLCompiler
    type_compiler_cls = HeliosTypeCompiler
    ischema_names = {**SQLiteDialect_pysqlite.ischema_names, "VECTOR": VECTOR, "HALFVEC": HALFVEC}  # noqa: RUF012
    # By these names `heliosdb_using=...` is accepted; the word before the underscore finds this class.
    construct_arguments = [  # noqa: RUF012
        *(SQLiteDialect_pysqlite.construct_arguments or ()),
        (schema.Index, INDEX_OPTIONS),
        (schema.Table, TABLE_OPTIONS),
    ]

    @classmethod
    def import_dbapi(cls) -> Any:
        """Return the module that connects."""
        from heliosdb_sqlite import dbapi2

        return dbapi2

    @classmethod
    def load_provisioning(cls) -> None:
        """Have SQLAlchemy's compliance suite prepare databases as it does for SQLite."""
        SQLiteDialect_pysqlite.load_provisioning()  # type: ignore[no-untyped-call]

    def create_connect_args(self, url: URL) -> Any:
        """Return what ``heliosdb_sqlite.connect()`` is called with.

        :raises ArgumentError: a URL that says what can't be done
        """
        plain, options = urls.split(url)
        arguments, keywords = super().create_connect_args(plain)
        return arguments, {**keywords, **options}

    def _resolve_type_affinity(self, type_: str) -> Any:
        if (encrypted := reflecting.encrypted(type_, super()._resolve_type_affinity)) is not None:
            return encrypted
        return super()._resolve_type_affinity(type_)  # type: ignore[no-untyped-call]

    def get_table_names(
        self, connection: Any, schema: str | None = None, sqlite_include_internal: bool = False, **kw: Any
    ) -> Any:
        """Return the names of the tables, without those that plugins keep for themselves."""
        found = super().get_table_names(connection, schema, sqlite_include_internal, **kw)  # type: ignore[no-untyped-call]
        return found if sqlite_include_internal else reflecting.of_the_user(found)

    def get_view_names(
        self, connection: Any, schema: str | None = None, sqlite_include_internal: bool = False, **kw: Any
    ) -> Any:
        """Return the names of the views, without those that plugins keep for themselves."""
        found = super().get_view_names(connection, schema, sqlite_include_internal, **kw)  # type: ignore[no-untyped-call]
        return found if sqlite_include_internal else reflecting.of_the_user(found)

    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Return the indexes of a table, those for vectors as ``Index(..., heliosdb_using=...)`` makes them."""
        found = super().get_indexes(connection, table_name, schema, **kw)  # type: ignore[no-untyped-call]
        return [reflecting.vector_index(index) for index in found]

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """Return the constraints of a table without those that belong to the types of its columns."""
        found = super().get_check_constraints(connection, table_name, schema, **kw)  # type: ignore[no-untyped-call]
        return [each for each in found if not reflecting.is_of_a_type(each)]

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Execute a statement, in the past where the option ``as_of`` says so."""
        if (moment := moment_of(context)) is not None:
            statement, parameters = read_at(moment, statement, parameters)
        super().do_execute(cursor, statement, parameters, context)

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        """Execute a statement without parameters, likewise."""
        if moment_of(context) is not None:
            self.do_execute(cursor, statement, (), context)
        else:
            super().do_execute_no_params(cursor, statement, context)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Execute a statement for many parameters, which in the past is an error: it writes."""
        if (moment := moment_of(context)) is not None:
            read_at(moment, statement, ())
        super().do_executemany(cursor, statement, parameters, context)
