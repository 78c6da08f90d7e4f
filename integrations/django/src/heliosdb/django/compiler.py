"""Django's compilers, the one for SELECT with a clause for a moment of the past."""

from __future__ import annotations

from typing import Any

from django.db.models.sql import compiler
from django.db.models.sql.compiler import (
    SQLAggregateCompiler,
    SQLDeleteCompiler,
    SQLInsertCompiler,
    SQLUpdateCompiler,
)

from .past import clause, moment_of

__all__ = [
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
]


class SQLCompiler(compiler.SQLCompiler):
    """Writes SELECT statements, also those inside others."""

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Return the text and its parameters; of a queryset of the past, with the clause that says when."""
        sql, parameters = super().as_sql(*args, **kwargs)
        moment = moment_of(self.query)
        if moment is None or not sql or self.query.combinator:  # each part of a union says for itself when
            return sql, parameters
        return clause(sql, parameters, moment)
