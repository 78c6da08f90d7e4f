"""SQL functions that ask about the session or the server: now(), current_user, pg_backend_pid() ..."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from ..functions.marks import sees_null
from ..protocol.errors import PgError
from ..types import arrays, moments
from .settings import SERVER_VERSION

if TYPE_CHECKING:
    from .session import Session

_ENCODING = 6  # UTF8


def functions(session: Session) -> dict[str, Callable[..., Any]]:
    """Return the functions of one session."""
    made: dict[str, Callable[..., Any]] = {}

    def sql(function: Callable[..., Any]) -> Callable[..., Any]:
        made["pg_" + function.__name__.strip("_")] = sees_null(function)
        return function

    def utc(moment: datetime) -> str:
        return moment.isoformat(" ")

    def local() -> datetime:
        return session.now().astimezone(session.settings.zone)

    sql(_named("now", lambda: utc(session.now())))
    sql(_named("statement_now", lambda: utc(session.query_start)))
    sql(_named("clock", lambda: utc(datetime.now(timezone.utc))))
    sql(
        _named(
            "timeofday", lambda: datetime.now(session.settings.zone).strftime("%a %b %d %H:%M:%S.%f %Y %Z")
        )
    )

    @sql
    def relative(word: str, kind: str) -> str:
        """Return what 'now', 'today', 'tomorrow' or 'yesterday' means in this transaction."""
        if word == "now" and kind == "timestamptz":
            return utc(session.now())
        made = local().replace(tzinfo=None)
        if word != "now":
            days = {"today": 0, "tomorrow": 1, "yesterday": -1}[word]
            made = datetime.combine(made.date() + timedelta(days=days), datetime.min.time())
        if kind == "date":
            return made.date().isoformat()
        return made.isoformat(" ") if kind == "timestamp" else utc(made.replace(tzinfo=session.settings.zone))

    sql(_named("local_now", lambda: local().replace(tzinfo=None).isoformat(" ")))
    sql(_named("today", lambda: local().date().isoformat()))
    sql(_named("current_time", lambda: moments.timetz_in(local().time().isoformat(), session.settings.zone)))
    sql(_named("local_time", lambda: local().time().isoformat()))
    sql(_named("uuid", lambda: str(uuid.uuid4())))
    sql(_named("txid", lambda: session.process))
    sql(_named("version", lambda: f"PostgreSQL {SERVER_VERSION} (HeliosDB, SQLite {_sqlite_version()})"))
    sql(_named("current_database", lambda: session.database_name))
    sql(_named("current_schema", lambda: session.settings.path.schema))

    @sql
    def current_schemas(implicit: Any) -> str:
        path = session.settings.path
        return arrays.dump([each for each in (path.searched if implicit else path) if each != "pg_temp"])

    sql(_named("current_user", lambda: session.user))
    sql(_named("backend_pid", lambda: session.process))
    sql(_named("started", lambda: utc(datetime.fromtimestamp(session.context.started, timezone.utc))))
    for name, value in (("true", 1), ("false", 0), ("zero", 0), ("null", None), ("empty", ""),
                        ("client_encoding", "UTF8")):  # fmt: skip
        sql(_named(name, lambda *args, value=value: value))
    sql(
        _named(
            "encoding_to_char", lambda code: "UTF8" if code == _ENCODING else "SQL_ASCII" if code == 0 else ""
        )
    )
    sql(
        _named(
            "char_to_encoding", lambda name: _ENCODING if str(name).upper().replace("-", "") == "UTF8" else -1
        )
    )
    sql(_named("setseed", lambda value: None))
    sql(_named("server_port", lambda: session.context.port or None))

    @sql
    def sleep(seconds: Any) -> str:
        end = time.monotonic() + float(seconds or 0)
        while (left := end - time.monotonic()) > 0:
            if session.cancelled is not None:
                raise session.cancelled
            time.sleep(min(left, 0.02))
        return ""

    @sql
    def current_setting(name: str, missing: Any = 0) -> str | None:
        try:
            return session.shown(name.lower())
        except PgError:
            if missing:
                return None
            raise

    @sql
    def set_config(name: str, value: str | None, local_only: Any) -> str:
        session._set(name.lower(), value, local=bool(local_only) and session.transaction.block)
        return session.shown(name.lower())

    @sql
    def cancel_backend(process: int) -> int:
        other = session.context.sessions.get(process)
        if other is not None:
            other.cancel()
        return int(other is not None)

    @sql
    def terminate_backend(process: int, timeout: int = 0) -> int:
        other = session.context.sessions.get(process)
        if other is not None:
            other.terminate(
                PgError("57P01", "terminating connection due to administrator command", fatal=True)
            )
        return int(other is not None)

    @sql
    def notify(channel: str, payload: str | None) -> str:
        session.queue_notification(channel, payload or "")
        return ""

    for name, function in session.sequences.functions().items():
        sql(_named(name, lambda *args, function=function: function(*args)))
    for name, function in session.held.functions().items():
        sql(_named(name, lambda *args, function=function: function(*args)))
    _locks(session, sql)
    from ..catalog.functions import catalog_functions

    return made | catalog_functions(session)


def _sqlite_version() -> str:
    import sqlite3

    return sqlite3.sqlite_version


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = name
    return function


# ---- advisory locks: the server's own, for all its sessions ----


def _locks(session: Session, sql: Callable[[Callable[..., Any]], Any]) -> None:
    def take(key: tuple[int, ...], *, transaction: bool) -> bool:
        context = session.context
        with context.lock:
            owner, count = context.advisory.get(key, (session, 0))
            if owner is not session and count:
                return False
            context.advisory[key] = (session, count + 1)
        (session.transaction_locks if transaction else session.session_locks).append(key)
        return True

    def wait(key: tuple[int, ...], *, transaction: bool) -> str:
        limit = session.lock_timeout()
        end = None if limit is None else time.monotonic() + limit
        while not take(key, transaction=transaction):
            if session.cancelled is not None:
                raise session.cancelled
            if end is not None and time.monotonic() > end:
                raise PgError("55P03", "canceling statement due to lock timeout")
            time.sleep(0.01)
        return ""

    sql(_named("advisory_lock", lambda *key: wait(key, transaction=False)))
    sql(_named("advisory_xact_lock", lambda *key: wait(key, transaction=True)))
    sql(_named("try_advisory_lock", lambda *key: int(take(key, transaction=False))))
    sql(_named("try_advisory_xact_lock", lambda *key: int(take(key, transaction=True))))

    def unlock(*key: int) -> int:
        if key not in session.session_locks:
            return 0
        session.session_locks.remove(key)
        _give_back(session, key)
        return 1

    sql(_named("advisory_unlock", unlock))

    def unlock_all() -> str:
        for key in session.session_locks:
            _give_back(session, key)
        session.session_locks.clear()
        return ""

    sql(_named("advisory_unlock_all", unlock_all))


def _give_back(session: Session, key: tuple[int, ...]) -> None:
    with session.context.lock:
        owner, count = session.context.advisory.get(key, (None, 0))
        if owner is session:
            if count > 1:
                session.context.advisory[key] = (session, count - 1)
            else:
                session.context.advisory.pop(key, None)


def release_locks(session: Session, *, transaction_only: bool = False) -> None:
    """Give back the advisory locks that end with the transaction, or all of them."""
    for key in session.transaction_locks:
        _give_back(session, key)
    session.transaction_locks.clear()
    if not transaction_only:
        for key in session.session_locks:
            _give_back(session, key)
        session.session_locks.clear()
