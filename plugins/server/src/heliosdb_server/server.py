"""start_server(): a running server, what it says of itself, and how it ends."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import atexit
import logging
import os
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from .auth import peers
from .auth.users import Users, users_file
from .database import Database
from .network import tls as tls_setup
from .network.listener import Listener
from .session.context import Context

_LOG = logging.getLogger("heliosdb_server")
DEFAULT_USER = "helios"
Auth = Literal["trust", "password", "certificate"]


@dataclass(frozen=True)
class ServerStatus:
    """How a server is doing: numbers since its start."""

    active_connections: int
    total_queries: int
    uptime_seconds: float
    total_connections: int
    refused_connections: int
    max_connections: int
    running_queries: int
    idle_in_transaction: int
    waiting_writers: int
    total_errors: int
    total_commits: int
    total_rollbacks: int
    rows: int
    bytes_sent: int
    bytes_received: int


class Server:
    """A running server. Made by :func:`start_server`; it ends with :meth:`stop`, or with the program."""

    def __init__(self, listener: Listener, context: Context, users: Users, host: str, password: str) -> None:
        self._listener = listener
        self._context = context
        self._users = users
        self._password = password
        self._lock = threading.Lock()
        self._stopped = False
        self.host = host

    def __repr__(self) -> str:
        state = "stopped" if self._stopped else f"port {self.port}"
        return f"<heliosdb_server.Server of {self._context.database.path!r}, {state}>"

    def __enter__(self) -> Server:  # noqa: PYI034
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    @property
    def url(self) -> str:
        """What a client on this machine connects to; with the password, where the server has made one."""
        host = self.host
        if host in ("", "0.0.0.0", "::", "*"):  # noqa: S104 - compared, not bound
            host = "127.0.0.1"
        if ":" in host:
            host = f"[{host}]"
        user = DEFAULT_USER
        if not self._password and self._listener.auth_method != "trust":
            user = min(self._users.names(), default=DEFAULT_USER)  # whose password nobody here knows
        secret = quote(self._password, safe="")
        name = quote(self._context.database.name, safe="")
        mode = "?sslmode=require" if self._listener.tls is not None else ""
        return f"postgresql://{quote(user, safe='')}:{secret}@{host}:{self.port}/{name}{mode}"

    @property
    def auth_method(self) -> str:
        """How clients show who they are: ``trust``, ``password`` or ``certificate``."""
        return self._listener.auth_method

    def create_user(self, name: str, password: str, *, keep: bool = True) -> None:
        """Add a user, or change the password of one.

        :param keep: write the user to the file beside the database, for the next start
        :raises ProgrammingError: a name or password that can't be
        """
        self._users.add(name, password, keep=keep)
        if self._listener.auth_method == "trust":
            self._listener.auth_method = "password"

    def drop_user(self, name: str) -> None:
        """Remove a user. Sessions that are open stay.

        :raises ProgrammingError: there is none of that name
        """
        self._users.remove(name)

    def get_status(self) -> ServerStatus:
        """Return how the server is doing."""
        context, counters = self._context, self._context.counters
        with context.lock:
            sessions = list(context.sessions.values())
        states = [session.state for session in sessions]
        queues = {id(session.engine.queue): session.engine.queue for session in sessions}
        return ServerStatus(
            active_connections=len(sessions),
            total_queries=counters.queries,
            uptime_seconds=round(time.time() - context.started, 3),
            total_connections=self._listener.total,
            refused_connections=self._listener.refused,
            max_connections=context.max_connections,
            running_queries=states.count("active"),
            idle_in_transaction=sum(state.startswith("idle in") for state in states),
            waiting_writers=sum(queue.waiting for queue in queues.values()),
            total_errors=counters.errors,
            total_commits=counters.commits,
            total_rollbacks=counters.rollbacks,
            rows=counters.rows,
            bytes_sent=counters.sent,
            bytes_received=counters.received,
        )

    def stop(self, drain: float = 5.0) -> None:
        """End the server: idle sessions at once, others when their statement ends or ``drain`` seconds are over.

        What was committed stays, what was not is undone. Stopping twice does nothing.
        """
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
        self._listener.stop(drain)
        _RUNNING.discard(self)

    def _abandon(self) -> None:
        """Be no server in a process that has just been forked: its threads, and all that they talk to, are the parent's."""
        self._stopped = True
        self._lock = threading.Lock()  # may have been held in the moment of the fork
        self._context.lock = threading.Lock()
        self._listener.abandon()


_RUNNING: weakref.WeakSet[Server] = weakref.WeakSet()


def _forked() -> None:
    for server in list(_RUNNING):
        server._abandon()
    _RUNNING.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


@atexit.register
def _stop_all() -> None:
    for server in list(_RUNNING):
        server.stop(drain=0.5)


def start_server(
    database: str | os.PathLike[str],
    host: str = "127.0.0.1",
    port: int = 5432,
    *,
    max_connections: int = 100,
    connection_timeout: float = 30,
    enable_ssl: bool = False,
    ssl_cert: str | None = None,
    ssl_key: str | None = None,
    ssl_ca: str | None = None,
    auth_method: Auth | None = None,
    users: Mapping[str, str] | None = None,
    allowed_ips: Sequence[str] | None = None,
    wal: bool = True,
    **options: Any,
) -> Server:
    """Serve a database file to PostgreSQL's clients, in the background of this program.

    :param host: the address to listen on; ``0.0.0.0`` for all of this machine
    :param port: 0 for any that is free
    :param max_connections: clients at a time; more are refused (53300)
    :param connection_timeout: seconds that a login may take
    :param enable_ssl: take encrypted connections only; needs ``ssl_cert`` and ``ssl_key``
    :param ssl_ca: certificates by which those of clients must be signed, for ``auth_method='certificate'``
    :param auth_method: ``'trust'`` asks for nothing, and talks to this machine alone; ``'password'`` is SCRAM-SHA-256;
        ``'certificate'`` takes the user's name from the client's. By default a password where there are users or the
        database is encrypted
    :param users: passwords (or SCRAM verifiers) by name, beside those kept in the file ``DATABASE-users``
    :param allowed_ips: networks whose clients may connect; others are refused before a byte is read
    :param wal: switch the write-ahead log on, so that readers and writers don't wait for each other
    :param options: connect() keywords of other features: ``enable_vector_search``, ``encryption_key``, ``branch`` ...
    :raises OperationalError: the port is in use
    :raises ProgrammingError: an option has a value it can't take
    """
    return _start(
        Database(database, options, wal=wal),
        host,
        port,
        max_connections=max_connections,
        connection_timeout=connection_timeout,
        enable_ssl=enable_ssl,
        ssl_cert=ssl_cert,
        ssl_key=ssl_key,
        ssl_ca=ssl_ca,
        auth_method=auth_method,
        users=users,
        allowed_ips=allowed_ips,
    )


def _start(
    database: Database,
    host: str,
    port: int,
    *,
    max_connections: int = 100,
    connection_timeout: float = 30,
    enable_ssl: bool = False,
    ssl_cert: str | None = None,
    ssl_key: str | None = None,
    ssl_ca: str | None = None,
    auth_method: Auth | None = None,
    users: Mapping[str, str] | None = None,
    allowed_ips: Sequence[str] | None = None,
    next_free: bool = False,
) -> Server:
    if database.path in ("", ":memory:") or database.path.startswith("file:"):
        raise sqlite3.NotSupportedError(
            f"{database.path!r} can't be served: each client opens the database by itself, which takes the path of a file"
        )
    if type(port) is not int or not 0 <= port <= 65535:  # as callers without a type checker may have it
        raise sqlite3.ProgrammingError(
            f"port={port!r} is no port: give 1 to 65535, or 0 for any that is free"
        )
    if max_connections < 1 or connection_timeout <= 0:
        raise sqlite3.ProgrammingError(
            f"max_connections={max_connections!r}, connection_timeout={connection_timeout!r}: give more than 0"
        )
    if auth_method not in (None, "trust", "password", "certificate"):
        raise sqlite3.ProgrammingError(
            f"auth_method={auth_method!r}: give 'trust', 'password' or 'certificate'"
        )
    tls = _tls(enable_ssl, ssl_cert, ssl_key, ssl_ca, auth_method)
    allowed = peers.networks(allowed_ips) if allowed_ips is not None else None
    known = Users(users_file(database.path), users)
    password = ""
    method = auth_method or ("password" if known.names() or database.encrypted else "trust")
    if database.encrypted and method == "trust":
        raise sqlite3.ProgrammingError(
            "auth_method='trust': an encrypted database is never served without credentials"
        )
    if database.encrypted and method == "password" and not known.names():
        password = secrets.token_urlsafe(24)
        known.add(DEFAULT_USER, password, keep=False)
    database.prepare()
    context = Context(database, tls=tls is not None, max_connections=max_connections, users=known)
    listener = Listener(context, known, method, tls, allowed, connection_timeout)
    listener.listen(host, port, next_free=next_free)
    if method == "trust" and not _is_local(host):
        _LOG.warning(
            "the server listens on %s without users: it talks to clients of this machine alone until there is one "
            "(server.create_user(), users=..., `heliosdb user add`)",
            host,
        )
    if method == "password" and not known.names():
        _LOG.warning(
            "the server asks for passwords and has no users yet: add one by server.create_user(), or by"
            " heliosdb user add FILE NAME before it starts"
        )
    made = Server(listener, context, known, host, password)
    _RUNNING.add(made)
    return made


def _tls(
    enable: bool, cert: str | None, key: str | None, ca: str | None, auth: str | None
) -> tls_setup.Tls | None:
    if not enable:
        if cert or key or ca:
            raise sqlite3.ProgrammingError("ssl_cert, ssl_key and ssl_ca need enable_ssl=True")
        if auth == "certificate":
            raise sqlite3.ProgrammingError("auth_method='certificate' needs enable_ssl=True and ssl_ca")
        return None
    if cert is None:
        raise sqlite3.ProgrammingError(
            "enable_ssl=True needs ssl_cert, and ssl_key unless it stands in the same file"
        )
    if auth == "certificate" and ca is None:
        raise sqlite3.ProgrammingError(
            "auth_method='certificate' needs ssl_ca, the certificates that sign the clients'"
        )
    return tls_setup.make(cert, key, ca, want_client=auth == "certificate")


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return peers.is_loopback(host)
    except ValueError:
        return False
