"""Models as they were: ``HistoryManager`` for one queryset, ``as_of()`` for all that a block reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.db import NotSupportedError, connections, models, router
from heliosdb_sqlite.sql.lexer import verb
from heliosdb_sqlite.sql.selects import open_ended

Moment = datetime | date | str | float
_END = " AS OF TIMESTAMP %s"


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
            sql, parameters = clause(sql, parameters, moment)
        elif word in ("INSERT", "REPLACE", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"):
            raise NotSupportedError(
                f"as_of({moment!r}): the past can only be read, and this writes: {sql[:60]!r}"
            )
        return execute(sql, parameters, many, context)

    with connections[using].execute_wrapper(at):
        yield


def clause(sql: str, parameters: Sequence[Any] | None, moment: Moment) -> tuple[str, Sequence[Any] | None]:
    """Return a SELECT and its parameters as they read the past, all that stands inside it included."""
    whole = open_ended(sql)
    if whole is None:  # it reads no table, or is about the schema, which is of now
        return sql, parameters
    if parameters is None:  # then Django hands the text on as it is, and % is nothing special
        whole = whole.replace("%", "%%")
    return whole + _END, (*(parameters or ()), moment)


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

        :raises NotSupportedError: fields are deferred, which would be read later, as they are now
        """
        clone: HistoryQuerySet = self._chain()
        clone.query.heliosdb_as_of = moment
        if clone.query.deferred_loading != _NOTHING_DEFERRED:
            raise _refusal(moment, "what only() and defer() leave out would be of now: use values()")
        return clone

    def _prefetch_related_objects(self) -> None:
        moment = moment_of(self.query)
        parent: Any = super()
        if moment is None:
            parent._prefetch_related_objects()
        else:
            with as_of(moment, self.db):
                parent._prefetch_related_objects()

    def __and__(self, other: Any) -> Any:
        self._must_be_of_one_time(other)
        return super().__and__(other)

    def __or__(self, other: Any) -> Any:
        self._must_be_of_one_time(other)
        return super().__or__(other)

    def __xor__(self, other: Any) -> Any:
        self._must_be_of_one_time(other)
        return super().__xor__(other)

    # Python asks these first when the left operand is a queryset without history.
    def __rand__(self, other: Any) -> Any:
        self._must_be_of_one_time(other)
        return models.QuerySet.__and__(other, self)

    def __ror__(self, other: Any) -> Any:
        self._must_be_of_one_time(other)
        return models.QuerySet.__or__(other, self)

    def __rxor__(self, other: Any) -> Any:
        self._must_be_of_one_time(other)
        return models.QuerySet.__xor__(other, self)

    def _must_be_of_one_time(self, other: Any) -> None:
        mine, others = moment_of(self.query), moment_of(other.query)
        if mine != others:
            raise NotSupportedError(
                f"querysets of {mine or 'now'!r} and of {others or 'now'!r} can't be one: use union()"
            )


_NOTHING_DEFERRED: tuple[frozenset[str], bool] = (frozenset(), True)


def _refusal(moment: Moment, reason: str) -> NotSupportedError:
    return NotSupportedError(f"as_of({moment!r}): {reason}")


def _only_now(name: str, reason: str) -> Any:
    """Return a method of querysets that refuses to be called on one of the past."""
    inherited = getattr(models.QuerySet, name)

    @wraps(inherited)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        moment = moment_of(self.query)
        if moment is not None:
            raise _refusal(moment, f"{name}(): {reason}")
        return inherited(self, *args, **kwargs)

    return method


_WRITES, _LATER = "the past can only be read", "what is left out would be of now: use values()"
_ONLY_NOW = {
    **dict.fromkeys(("create", "bulk_create", "get_or_create", "update_or_create"), _WRITES),
    **dict.fromkeys(("update", "bulk_update", "delete"), _WRITES),
    **dict.fromkeys(("only", "defer"), _LATER),
    "raw": "its text would read the present: write AS OF there, or use as_of() as a block",
}
for _name, _reason in _ONLY_NOW.items():
    setattr(HistoryQuerySet, _name, _only_now(_name, _reason))

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
