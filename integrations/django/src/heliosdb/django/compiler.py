"""Django's compilers: SELECT with a clause for a moment of the past, and averages of vectors."""

from __future__ import annotations

from typing import Any

from django.db.models import Avg, Sum
from django.db.models.sql import compiler
from django.db.models.sql.compiler import SQLDeleteCompiler, SQLInsertCompiler, SQLUpdateCompiler

from .past import clause, moment_of
from .vectors import VectorField

__all__ = [
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
]


# What SQLite calls so takes a vector for the number 0.
_OF_VECTORS = {Avg: "vector_avg", Sum: "vector_sum"}


class _Vectors(compiler.SQLCompiler):
    """Writes the functions of vectors where an expression is about vectors."""

    def compile(self, node: Any) -> Any:
        """Return the text and the parameters of one expression."""
        function = _OF_VECTORS.get(type(node))
        if function is not None and isinstance(node.output_field, VectorField):
            return node.as_sql(self, self.connection, function=function)
        return super().compile(node)


class SQLAggregateCompiler(_Vectors, compiler.SQLAggregateCompiler):
    """Writes what ``aggregate()`` asks for."""


class SQLCompiler(_Vectors):
    """Writes SELECT statements, also those inside others."""

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Return the text and its parameters; of a queryset of the past, with the clause that says when."""
        sql, parameters = super().as_sql(*args, **kwargs)
        moment = moment_of(self.query)
        if moment is None or not sql or self.query.combinator:  # each part of a union says for itself when
            return sql, parameters
        return clause(sql, parameters, moment)
