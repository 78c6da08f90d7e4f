"""What is done for a statement's text when it is seen for the first time, and what its values then go through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heliosdb_sqlite.plugins import Parameters, Statement

from .. import functions
from ..functions.distances import DISTANCES
from ..results.returned import read_result
from ..search.statements import answering_binder, original_of, with_searches
from ..statements import hybrid
from ..statements.binding import binder_for
from ..statements.casts import with_casts
from ..statements.halves import with_halves
from ..statements.queries import calls_of, read_query


def prepared(connection: Any, statement: Statement, reasons: list[str] | None = None) -> Statement:
    """Return the statement as SQLite is to run it, with notes of what its vectors, results and searches are.

    :param reasons: takes why it is not answered from memory
    """
    statement = hybrid.written_out(statement)
    statement = with_halves(connection, with_casts(statement))
    calls = calls_of(statement.text)
    if calls:
        statement = read_query(statement, calls)
    made = any(call.name in functions.VECTORS for call in calls)
    statement = read_result(connection, statement, made) or statement
    if any(call.name in DISTANCES for call in calls):
        statement = with_searches(connection, statement, reasons)
    return statement


def packer(statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Return what makes BLOBs of a statement's vectors and puts its values in the order of the written-out text."""
    text, move = hybrid.before(statement)
    pack = binder_for(original_of(statement) if text is None else text)
    if move is None or pack is None:
        return move or pack
    return lambda values: move(pack(values))


def binder(connection: Any, statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Return what the values of each execution go through; None where they need nothing."""
    return answering_binder(connection, statement, packer(statement))
