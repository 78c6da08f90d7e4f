"""COPY FROM STDIN: rows that a client sends, all of which are stored, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ...protocol import messages, replies
from ...protocol.errors import PgError, protocol_violation
from ...translation.scope import Column, TableInfo
from . import binary
from .loading import batches
from .options import options_of

if TYPE_CHECKING:
    from ..session import Session

_VALUES = 800  # that one statement takes; SQLite's own bound was 999 once
_MARK = "heliosdb_copy"


def copy_in(session: Session, args: dict[str, Any]) -> str:
    """Take rows from the client. All of them are stored, or none."""
    options = options_of(args["options"])
    info = _target(session, args["table"])
    columns = _columns(info, args["columns"])
    code = int(options.format == "binary")
    session.settle_portals()
    session.transaction.before_write(
        alone=False, timeout=session.lock_timeout(), cancelled=session.check_cancelled
    )
    with _all_or_nothing(session):
        session.emit(replies.copy_response(b"G", len(columns), code))
        session.flush()
        feed = _Feed(session)
        rows = (
            binary.batches(feed, columns) if code else batches(feed, columns, options, session.settings.zone)
        )
        count = _store(session, info, columns, rows)
        for _ in feed:
            pass  # what comes behind the end of the data
    return f"COPY {count}"


@contextmanager
def _all_or_nothing(session: Session) -> Iterator[None]:
    session.engine.run(f"SAVEPOINT {_MARK}")
    try:
        yield
        session.engine.run(f"RELEASE {_MARK}")
    except BaseException:
        connection = session.engine.connection
        if connection.in_transaction:  # unless SQLite has undone it all by itself
            connection.execute(f"ROLLBACK TO {_MARK}")
            connection.execute(f"RELEASE {_MARK}")
        raise


def _target(session: Session, parts: tuple[str, ...]) -> TableInfo:
    info = session.engine.schema.named(parts)
    if info is None:
        raise PgError("42P01", f'relation "{".".join(parts)}" does not exist')
    if info.kind != "table":
        raise PgError("42809", f'cannot copy to "{info.name}": it is no table')
    return info


def _columns(info: TableInfo, names: tuple[str, ...]) -> list[Column]:
    if not names:
        return [c for c in info.columns if c.name not in info.computed or c.name == info.rowid]
    found: list[Column] = []
    for name in names:
        column = next((c for c in info.columns if c.name.lower() == name.lower()), None)
        if column is None:
            raise PgError("42703", f'column "{name}" of relation "{info.name}" does not exist')
        if column in found:
            raise PgError("42701", f'column "{name}" specified more than once')
        found.append(column)
    return found


def _insertion(info: TableInfo, columns: list[Column]) -> tuple[str, str]:
    """Return the begin of an INSERT, and one row of its VALUES.

    :raises PgError: a column that has to be given is not
    """
    given = {column.name for column in columns}
    counting = {name: sequence for name, sequence in info.sequences.items() if name not in given}
    names = ", ".join(quote_identifier(name) for name in (*(column.name for column in columns), *counting))
    if info.given_key and info.given_key not in given:
        text = (
            f'null value in column "{info.given_key}" of relation "{info.name}" violates not-null constraint'
        )
        raise PgError("23502", text, table=info.name, column=info.given_key)
    key = f"coalesce(?, pg_missing_key({quote_text(info.name)}, {quote_text(info.given_key)}))"
    marks = [key if column.name == info.given_key else "?" for column in columns]
    places = ", ".join(marks + [f"pg_nextval({quote_text(each)})" for each in counting.values()])
    prefix = "temp." if info.schema == "temp" else ""
    return f"INSERT INTO {prefix}{quote_identifier(info.name)} ({names}) VALUES ", f"({places})"


def _store(session: Session, info: TableInfo, columns: list[Column], batches: Iterable[list[Any]]) -> int:
    """Store the rows, whose values stand one behind the other; return how many were stored.

    Most of what SQLite's Python module takes for a row it takes for each statement: so one statement has many rows.
    """
    begin, row = _insertion(info, columns)
    width = len(columns)
    many = max(_VALUES // max(width, 1), 1)
    together, alone = begin + ", ".join([row] * many), begin + row
    count = 0
    for values in batches:
        done = len(values) - len(values) % (many * width) if many > 1 else 0
        for at in range(0, done, many * width):
            count += max(session.engine.run(together, values[at : at + many * width]).rowcount, 0)
        if done < len(values):
            rest = zip(*[iter(values[done:])] * width)  # noqa: B905 - they are whole rows
            count += max(session.engine.many(alone, rest).rowcount, 0)
        if session.cancelled is not None:
            raise session.cancelled
    return count


class _Feed:
    """The data that a client sends, piece by piece, until it says that this was all.

    :raises PgError: the client gives up, or is gone
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.done = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while not self.done:
            self.session.running = False  # waiting for the client is nothing to interrupt in SQLite
            self.session.awaiting = True
            try:
                frame = self.session.wire.receive()
            finally:
                self.session.running, self.session.awaiting = True, False
            if self.session.cancelled is not None:
                raise self.session.cancelled
            if frame is None:
                raise PgError(
                    "08006", "unexpected EOF on client connection with an open transaction", fatal=True
                )
            if frame.kind == 0x64:  # d: and all the others that are here
                return b"".join([frame.body, *self.session.wire.run(0x64)])
            if frame.kind == 0x63:  # c
                self.done = True
            elif frame.kind == 0x66:  # f
                raise PgError("57014", f"COPY from stdin failed: {messages.query(frame.body)}")
            elif frame.kind not in (0x48, 0x53):  # Flush and Sync are ignored here
                raise protocol_violation(f"unexpected message type 0x{frame.kind:02X} during COPY from stdin")
        raise StopIteration
