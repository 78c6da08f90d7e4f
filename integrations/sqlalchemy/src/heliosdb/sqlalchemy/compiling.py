"""How HeliosDB's SQL is written: averages of vectors, encrypted columns, tables with a history, vector indexes."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDDLCompiler, SQLiteTypeCompiler
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import CreateIndex

from .types import VECTOR, Encrypted

INDEX_OPTIONS: dict[str, Any] = {"using": None, "ops": None, "with": {}}
TABLE_OPTIONS: dict[str, Any] = {"versioned": False}


class HeliosSQLCompiler(SQLiteCompiler):
    """SELECT and what changes rows."""

    def visit_avg_func(self, function: Any, **kw: Any) -> str:
        """Write the average of vectors, for which SQLite's own takes the number 0."""
        return self._of_vectors(function, **kw)

    def visit_sum_func(self, function: Any, **kw: Any) -> str:
        """Write their sum, likewise."""
        return self._of_vectors(function, **kw)

    def _of_vectors(self, function: Any, **kw: Any) -> str:
        vectors = any(isinstance(argument.type, VECTOR) for argument in function.clauses)
        return f"{'vector_' if vectors else ''}{function.name}{self.function_argspec(function, **kw)}"


class HeliosTypeCompiler(SQLiteTypeCompiler):
    """Column types."""

    def visit_type_decorator(self, type_: Any, **kw: Any) -> str:
        """Write an :class:`Encrypted` column as its inner type and the word behind it."""
        inner: str = super().visit_type_decorator(type_, **kw)  # type: ignore[no-untyped-call]
        return f"{inner} {type_.words}" if isinstance(type_, Encrypted) else inner


class HeliosDDLCompiler(SQLiteDDLCompiler):
    """CREATE TABLE and CREATE INDEX."""

    def post_create_table(self, table: Any) -> str:
        """Write ``WITH SYSTEM VERSIONING`` behind a table with ``heliosdb_versioned=True``."""
        end: str = super().post_create_table(table)  # type: ignore[no-untyped-call]
        return end + " WITH SYSTEM VERSIONING" if table.dialect_options["heliosdb"]["versioned"] else end

    def visit_create_index(self, create: CreateIndex, *args: Any, **kw: Any) -> str:
        """Write ``CREATE INDEX ... USING method (column ops) WITH (...)`` for an index with ``heliosdb_using="bits"``.

        :raises CompileError: a vector index of more than one column, or a unique one
        """
        index: Any = create.element
        options = index.dialect_options["heliosdb"]
        if options["using"] is None:
            plain: str = super().visit_create_index(create, *args, **kw)  # type: ignore[no-untyped-call]
            return plain
        if len(index.columns) != 1 or index.unique:
            raise CompileError(f"the vector index {index.name!r} can have one column, and can't be unique")
        (column,) = index.columns
        quote = self.preparer.quote
        text = "CREATE INDEX " + ("IF NOT EXISTS " if create.if_not_exists else "")
        text += self._prepared_index_name(index, include_schema=True)
        text += f" ON {self.preparer.format_table(index.table, use_schema=False)}"
        text += f" USING {quote(options['using'])} ({quote(column.name)}"
        text += f" {quote(options['ops'])})" if options["ops"] else ")"
        settings = [
            f"{quote(name)} = {self._setting(name, value)}" for name, value in options["with"].items()
        ]
        return text + (f" WITH ({', '.join(settings)})" if settings else "")

    def _setting(self, name: str, value: Any) -> str:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return repr(value)
        raise CompileError(f"heliosdb_with: {name}={value!r} is not a number")
