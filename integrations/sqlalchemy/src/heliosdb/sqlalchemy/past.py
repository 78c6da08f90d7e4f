"""Queries of the past: the execution option ``as_of``, and what it does to the text of a SELECT."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.lexer import verb
from heliosdb_sqlite.sql.selects import open_ended
from sqlalchemy import event, inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import ORMExecuteState, Session


class Tag(NamedTuple):
    """``as_of=Tag("before the sale")``: the state that ``conn.tag()`` gave a name."""

    name: str


class Transaction(NamedTuple):
    """``as_of=Transaction(17)``: the state that a transaction left behind, by its ``system_transaction``."""

    number: int


Moment = datetime | date | str | float | Tag | Transaction
# What belongs to no time, and changes nothing in the database.
_NEITHER = {"PRAGMA", "EXPLAIN", "BEGIN", "COMMIT", "END", "SAVEPOINT", "RELEASE", "ROLLBACK"}


def moment_of(context: Any) -> Moment | None:
    """Return the option ``as_of`` that a statement is executed with: its own, its connection's or its engine's."""
    options = getattr(context, "execution_options", None) or {}
    moment: Moment | None = options.get("as_of")
    return moment


def read_at(moment: Moment, statement: str, parameters: Any) -> tuple[str, Any]:
    """Return a statement and its parameters as they read the past.

    The clause is about everything that the statement reads: subqueries, and tables that an eager load joins.

    :raises ProgrammingError: the statement writes
    """
    does = verb(statement)
    if does not in ("SELECT", "VALUES"):
        if does in _NEITHER:
            return statement, parameters
        raise sqlite3.ProgrammingError(
            f"as_of={moment!r}: the past can only be read, and this writes: {statement[:60]!r};"
            " use a session or connection without as_of"
        )
    whole = open_ended(statement)
    if whole is None:
        return statement, parameters  # of no time; reflection finds tables as they are now
    word, value = _clause(moment)
    if isinstance(parameters, dict):
        return f"{whole} AS OF {word} :heliosdb_as_of", {**parameters, "heliosdb_as_of": value}
    return f"{whole} AS OF {word} ?", (*parameters, value)


def _clause(moment: Moment) -> tuple[str, Any]:
    if isinstance(moment, Tag):
        return "TAG", moment.name
    if isinstance(moment, Transaction):
        return "TRANSACTION", moment.number
    return "TIMESTAMP", moment


@event.listens_for(Session, "do_orm_execute")
def _refuse_to_mix(state: ORMExecuteState) -> None:
    """Entities of the past in a session that has those of the present would be one and the same object."""
    moment = state.execution_options.get("as_of")
    if moment is None or not (state.is_select or state.is_from_statement):
        return
    if state.is_relationship_load or state.is_column_load:
        return
    bind = state.session.get_bind(**state.bind_arguments)
    if bind.get_execution_options().get("as_of") == moment:
        return
    descriptions: Any = getattr(state.statement, "column_descriptions", ())
    entities = [each["entity"] for each in descriptions if each.get("entity") is each["expr"] is not None]
    if entities:
        name = inspect(entities[0]).mapper.class_.__name__
        raise InvalidRequestError(
            f"as_of={moment!r} for the entity {name}: a session has one state of each object, so give one to the"
            " past: Session(engine.execution_options(as_of=...)); single columns can be read in any session"
        )
