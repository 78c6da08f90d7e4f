"""The backend: Django's for SQLite, on HeliosDB's connections."""

from __future__ import annotations

from typing import Any

import heliosdb_sqlite
from django.db.backends.sqlite3 import base, introspection, operations
from heliosdb_sqlite import dbapi2

from .client import DatabaseClient
from .creation import DatabaseCreation

# What the names of tables begin with in which HeliosDB's plugins keep a history, branches, indexes and keys.
_INTERNAL = ("_heliosdb_", "heliosdb_crypto_", "heliosdb_timetravel_", "heliosdb_vector_")


class Cursor(base.SQLiteCursorWrapper, heliosdb_sqlite.Cursor):
    """A cursor of HeliosDB's that takes Django's ``%s`` for a parameter."""


class DatabaseIntrospection(introspection.DatabaseIntrospection):
    """``inspectdb`` that knows vectors, and shows no tables that plugins keep for themselves."""

    def get_table_list(self, cursor: Any) -> Any:
        """Return the tables and views."""
        return [table for table in super().get_table_list(cursor) if not table.name.startswith(_INTERNAL)]

    def get_field_type(self, data_type: Any, description: Any) -> Any:
        """Return the field for a column's type."""
        if str(data_type).lower().partition("(")[0].strip() == "vector":
            return "heliosdb.django.VectorField"
        return super().get_field_type(data_type, description)


class DatabaseOperations(operations.DatabaseOperations):
    """Django's operations, and a compiler that can read the past."""

    compiler_module = "heliosdb.django.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    """``"ENGINE": "heliosdb.django"``. ``OPTIONS`` are the keywords of ``heliosdb_sqlite.connect()``.

    Its vendor stays "sqlite": what asks for that, in Django and in packages for it, finds what it expects. So does its
    display name, which Django puts before versions of SQLite.
    """

    Database = dbapi2
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection, prepared as Django prepares SQLite's."""
        connection = dbapi2.connect(**conn_params)
        base.register_functions(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        # Renaming a table has to reach the foreign keys that refer to it, whatever SQLite was built to do.
        connection.execute("PRAGMA legacy_alter_table = OFF")
        for command in getattr(self, "init_commands", ()):
            if command := command.strip():
                connection.execute(command)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor whose statements go through HeliosDB."""
        return self.connection.cursor(factory=Cursor)
