"""Models as they were: ``HistoryManager`` for one queryset, ``as_of()`` for all that a block reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import NotSupportedError, connections, models, router
from heliosdb_sqlite.sql.lexer import verb

Moment = datetime | date | str | float
_END = "\nAS OF TIMESTAMP %s"


@contextmanager
def as_of(moment: Moment, using: str = "default") -> Iterator[None]:
    """Have everything that this thread reads in the block be as it was: related objects, aggregates, the admin's lists.

    :param moment: a datetime, naive ones by the machine's clock; a date; text; or seconds since 1970
    :param using: the database
    :raises NotSupportedError: the block writes
    """

    def at(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        word = verb(sql)
        if word in ("SELECT", "VALUES") and not sql.endswith(_END):
            sql, parameters = clause(f"SELECT * FROM ({sql}\n)", parameters, moment)  # it may be a compound
        elif word in ("INSERT", "REPLACE", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"):
            raise NotSupportedError(
                f"as_of({moment!r}): the past can only be read, and this writes: {sql[:60]!r}"
            )
        return execute(sql, parameters, many, context)

    with connections[using].execute_wrapper(at):
        yield


def clause(sql: str, parameters: Sequence[Any] | None, moment: Moment) -> tuple[str, tuple[Any, ...]]:
    """Return a SELECT and its parameters as they read the past, all that stands inside it included."""
    if parameters is None:  # then Django hands the text on as it is, and % is nothing special
        sql = sql.replace("%", "%%")
    return sql + _END, (*(parameters or ()), moment)


def moment_of(query: Any) -> Moment | None:
    """Return the moment that a query is about; None is the present."""
    moment: Moment | None = getattr(query, "heliosdb_as_of", None)
    return moment


class HistoryQuerySet(models.QuerySet):
    """A queryset that can be moved to the past. There it can be filtered, joined and counted, and not written to."""

    def as_of(self, moment: Moment) -> HistoryQuerySet:
        """Return the queryset as it was at ``moment``; a naive datetime is by the machine's clock.

        ``select_related`` and ``prefetch_related`` are of then, too. A relation that is followed later, object by
        object, is of now: use :func:`as_of` as a block around that.
        """
        clone: HistoryQuerySet = self._chain()
        clone.query.heliosdb_as_of = moment
        return clone

    def _prefetch_related_objects(self) -> None:
        moment = moment_of(self.query)
        parent: Any = super()
        if moment is None:
            parent._prefetch_related_objects()
        else:
            with as_of(moment, self.db):
                parent._prefetch_related_objects()

    def _must_be_now(self, method: str) -> None:
        moment = moment_of(self.query)
        if moment is not None:
            raise NotSupportedError(f"as_of({moment!r}).{method}(): the past can only be read")

    def update(self, **values: Any) -> int:
        """Update the rows, which only those of the present allow."""
        self._must_be_now("update")
        changed: int = super().update(**values)
        return changed

    def delete(self) -> Any:
        """Delete the rows, which only those of the present allow."""
        self._must_be_now("delete")
        return super().delete()


_Manager: Any = models.Manager.from_queryset(HistoryQuerySet)


class HistoryManager(_Manager):
    """``history = HistoryManager()`` in a model: ``Price.history.as_of(yesterday).filter(...)``.

    Needs ``"enable_time_travel": True`` among the database's ``OPTIONS``.
    """

    def versions(self, instance: models.Model) -> Any:
        """Return the story of one object, the oldest version first: when, who, what changed."""
        connection = connections[router.db_for_read(self.model, instance=instance)]
        connection.ensure_connection()
        meta = self.model._meta
        return connection.connection.history(
            meta.db_table, meta.pk.get_db_prep_value(instance.pk, connection)
        )
