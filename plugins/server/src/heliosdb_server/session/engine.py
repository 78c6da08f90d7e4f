"""A session's way to SQLite: its connection, the schema as it is now, and texts translated once."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..catalog import reading
from ..catalog.reading import Reading
from ..functions.define import Failure, Functions
from ..protocol.errors import PgError
from ..translation.templates import Templates
from ..translation.translate import Translated, original_error, translate
from . import hearing
from .failures import as_pg_error
from .fetched import Fetched
from .guard import authorizer
from .plans import plan_of

if TYPE_CHECKING:
    from ..database import Database
    from .settings import Settings
    from .transactions import Transaction

_FULL, _NORMAL = 2, 1  # PRAGMA synchronous
_DENY = sqlite3.SQLITE_DENY
_PLAIN = sqlite3.Connection.execute  # features that look at statements or commits run others around them
_HALVES = (  # ON CONFLICT FAIL and RAISE(FAIL) keep what was done before; virtual tables have statements of their own
    "SELECT sql FROM (SELECT sql FROM main.sqlite_master UNION ALL SELECT sql FROM temp.sqlite_master)"
    " WHERE sql LIKE '%fail%' OR sql LIKE '%virtual%'"
)
_HALF = re.compile(r"\bfail\b|\bvirtual\b", re.IGNORECASE)
_KEPT = 512  # translations; a client that makes up a new text each time must not grow


_FAILURES = (
    sqlite3.Error, sqlite3.Warning, OverflowError, MemoryError, RecursionError, UnicodeEncodeError, PgError,
)  # fmt: skip
_PAST = re.compile(r"\bAS\s+OF\b|\bSYSTEM_TIME\b", re.IGNORECASE)


_LOG = logging.getLogger("heliosdb_server")


class Engine:
    """Runs SQL on one connection, for one session."""

    def __init__(self, database: Database, branch: str | None, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.branch = branch
        self.say: Callable[[str], None] | None = None  # tells the client something beside its results
        self._travels = bool(database.options.get("enable_time_travel"))
        self.connection: Any = database.connect(branch)
        self.failure = Failure()
        self._functions: Functions  # from define() on
        self._trusted = 1
        self._reading: Reading | None = None
        self._stamp: tuple[int, int] = (-1, -1)
        self._doubtful = False  # the schema was read inside a transaction, which may be undone
        self.version = 0  # how often the schema has been read: what was made of an older one is out of date
        self._compiled = 0  # things that SQLite has asked about while it compiled statements
        self._verified = -1  # ... until the schema was last found to be the one that is known here
        self._refuses = False  # to have anything compiled
        self._halves = True  # a statement may leave half of its changes when it fails, or compile others
        self._temporary = (-1, -1)
        self._held_in = -1  # the number of the transaction in which that was looked at
        self._templates = Templates()
        self._kept: OrderedDict[tuple[Any, ...], Translated] = OrderedDict()
        try:
            self.queue, self._sync = database.writing(self.connection)
            for pragma in ("foreign_keys = ON", "busy_timeout = 30000", "trusted_schema = ON"):
                self.connection.execute(f"PRAGMA {pragma}")
            for schema in ("pg_catalog", "information_schema"):
                self.connection.execute(f"ATTACH DATABASE ':memory:' AS {schema}")
            self.connection.set_authorizer(self._authorizer())
            self.journal = self.connection.execute("PRAGMA main.journal_mode").fetchone()[0]
            self._shares_syncs = self.journal == "wal" and not database.encrypted and self._relax()
        except BaseException:
            self.connection.close()
            raise
        self._trusted = 0
        self._joined = False  # those who sync the log together
        self.unsynced = 0  # the number of a sync that was asked for and not yet waited for, 0 for none
        settings.moved = self.forget

    def _authorizer(self) -> Any:
        allow = authorizer(lambda: self._trusted > 0)

        def asked(*action: Any) -> int:
            self._compiled += 1
            return _DENY if self._refuses else allow(*action)

        return asked

    def define(self, functions: dict[str, Any]) -> None:
        """Define PostgreSQL's functions, and the session's own."""
        self._functions = Functions(self.connection, self.failure, lambda: self.settings.zone, functions)

    def close(self) -> None:
        """Close the connection; what was not committed is undone."""
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except sqlite3.Error:
            pass
        finally:
            if self._joined:
                self._sync.leave()
                self._joined = False
            self.connection.close()

    def _relax(self) -> bool:
        """Have SQLite end a commit without waiting for the disk: :meth:`sync` does that behind it."""
        if self.connection.execute("PRAGMA main.synchronous").fetchone()[0] != _FULL:
            return False
        self.connection.execute(f"PRAGMA main.synchronous = {_NORMAL}")
        return True

    def sync(self) -> None:
        """Have what was committed put on the disk, unless the client has said that it does not wait for that.

        :meth:`synced` waits for it, before the client is told.

        :raises PgError: it may not last
        """
        if not self._shares_syncs or self.settings.values["synchronous_commit"] == "off":
            return
        if not self._joined:
            try:
                self._sync.join()
            except OSError as error:
                text = (
                    f"could not open the write-ahead log: {error.strerror}: what was committed may not last"
                )
                raise PgError("58030", text, fatal=True) from None
            self._joined = True
        self.unsynced = self._sync.ask()

    def synced(self) -> None:
        """Return once what was committed is on the disk.

        :raises PgError: it may not be there
        """
        if self.unsynced:
            self._sync.wait(self.unsynced)
            self.unsynced = 0

    # ---- running ----

    def run(self, sql: str, parameters: Sequence[Any] = (), *, trusted: bool = False) -> Any:
        """Run a statement and return its cursor.

        :raises PgError: it failed
        """
        if self._travels and (found := self._heard(sql, parameters)) is not None:
            return found
        self._trusted += trusted
        try:
            return self._execute(sql, parameters)
        except _FAILURES as error:
            raise self.error(error) from None
        finally:
            self._trusted -= trusted

    def run_compiled(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run a change of rows by itself, if it is compiled already, and for the schema as it is known here.

        SQLite compiles a statement anew when it meets another schema, and asks while it does so: then the answer is no.
        So nobody has to look at the schema before, nor hold it fast by a transaction around the statement.
        Returns the cursor; None with nothing done where it would have to be compiled.

        :raises PgError: it failed, and has left nothing
        """
        if self._halves or self._compiled != self._verified or type(self.connection).execute is not _PLAIN:
            return None
        self._refuses = True
        try:
            return self.connection.execute(sql, parameters)
        except _FAILURES as error:
            self._refuses = False
            if self._compiled == self._verified and not self._functions.missed(error) and self.still_there():
                raise self.error(error) from None
            self.failure.take()
            return None
        finally:
            self._refuses = False

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> Any:
        """Run a statement for each row; return the cursor.

        :raises PgError: it failed
        """
        while True:
            try:
                return self.connection.executemany(sql, rows)
            except Exception as error:  # noqa: BLE001 - a row may come from a reader that fails
                if not (isinstance(error, sqlite3.OperationalError) and self._functions.missed(error)):
                    raise self.error(error) from None

    def _execute(self, sql: str, parameters: Sequence[Any]) -> Any:
        while True:
            try:
                return self.connection.execute(sql, parameters)
            except sqlite3.OperationalError as error:  # while it was compiled: nothing has been done yet
                if not self._functions.missed(error):
                    raise

    def _heard(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run a query of the past, and tell the client what time travel warns of; None for any other statement."""
        if _PAST.search(sql) is None:
            return None
        with hearing.heard() as said:
            try:
                return self._execute(sql, parameters)
            except (sqlite3.Error, sqlite3.Warning, OverflowError, MemoryError, RecursionError) as error:
                raise self.error(error) from None
            finally:
                if self.say is not None:
                    for each in said:
                        self.say(each)

    def apart(self, sql: str) -> Fetched:
        """Run a statement about branches, on a connection that has them switched on.

        :raises PgError: it failed
        """
        try:
            connection = self.database.connect(self.branch or "main")
        except PgError as error:
            error.fatal = False  # the session's own connection is as good as ever
            raise
        try:
            cursor = connection.execute(sql)
            return Fetched(cursor.description, cursor.fetchall())
        except sqlite3.Error as error:
            raise as_pg_error(error, None) from None
        finally:
            connection.close()

    def fetch(self, cursor: Any, count: int) -> list[tuple[Any, ...]]:
        """Return the next rows."""
        try:
            rows: list[tuple[Any, ...]] = cursor.fetchmany(count)
            return rows
        except (sqlite3.Error, OverflowError, MemoryError) as error:
            raise self.error(error) from None

    def fetch_all(self, cursor: Any) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        try:
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
        except (sqlite3.Error, OverflowError, MemoryError) as error:
            raise self.error(error) from None

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a statement of the server's own."""
        found: list[tuple[Any, ...]] = self.run(sql, parameters, trusted=True).fetchall()
        return found

    def error(self, error: BaseException) -> PgError:
        """Return the error as the client is to get it: a function's own if there is one."""
        if isinstance(error, UnicodeEncodeError):
            return PgError("22021", 'invalid character for encoding "UTF8": half of a pair of surrogates')
        own = self.failure.take()
        if own is not None and "user-defined" in str(error):
            return own
        return as_pg_error(error, self._reading)

    # ---- the schema and translations ----

    def stamp(self) -> tuple[int, int]:
        """Return the version of the schema as it is now."""
        execute = self.connection.execute
        try:
            (main,) = execute("PRAGMA main.schema_version").fetchone()
            compiled, temp = self._temporary
            if (
                compiled != self._compiled
            ):  # temporary tables are this connection's own: no change without compiling
                (temp,) = execute("PRAGMA temp.schema_version").fetchone()
                self._temporary = (self._compiled, temp)
        except sqlite3.Error as error:
            raise self.error(error) from None
        return main, temp

    @property
    def schema(self) -> Reading:
        """The schema as it is now."""
        now = self.stamp()
        if self._reading is None or self._stamp != now:
            self._reading = reading.read(self.rows, self.settings.path)
            self._stamp = now
            self._halves = any(_HALF.search(sql) for (sql,) in self.rows(_HALVES))
            self._doubtful = self.connection.in_transaction
            self._kept.clear()
            self.version += 1
        self._verified = self._compiled
        return self._reading

    @property
    def known(self) -> Reading:
        """The schema as it was read last: that which a running statement was translated for."""
        return self._reading if self._reading is not None else self.schema

    def holds(self, transaction: Transaction) -> bool:
        """Is the schema known to be as it was read last, since this transaction keeps others from changing it?"""
        if not self.connection.in_transaction:
            return False
        if self._held_in != transaction.number or self._compiled != self._verified:
            if self.stamp() != self._stamp:
                return False
            self._held_in = transaction.number
            self._verified = self._compiled
        return True

    def still_there(self) -> bool:
        """Is the schema the one that was read last?"""
        return self._compiled == self._verified and self.stamp() == self._stamp

    def still_so(self) -> bool:
        """Was the statement that has just been run translated for the schema that it met?

        SQLite compiles a statement anew when it meets another schema than it was compiled for, and asks while it
        compiles. As long as it has not asked, the schema is the one that was known when it was looked at last.
        """
        if self._compiled == self._verified:
            return True
        if self.stamp() != self._stamp:
            return False
        self._verified = self._compiled
        return True

    def translated(self, text: str, types: tuple[int, ...] = (), *, sure: bool = True) -> Translated:
        """Return what a statement means, from memory where it is known.

        :param sure: whether to look at the schema first; else :meth:`still_so` has to be asked behind the statement
        """
        key = (text, types, self.settings.zone)
        schema = self.schema if sure or self._reading is None else self._reading
        found = self._kept.get(key)
        if found is None:
            if not sure:
                schema = self.schema
            found = self._translate(text, schema, types)
            if len(self._kept) >= _KEPT:
                self._kept.popitem(last=False)
            if len(text) < 100_000:
                self._kept[key] = found
        else:
            self._kept.move_to_end(key)
        return found

    def _translate(self, text: str, schema: Reading, types: tuple[int, ...]) -> Translated:
        try:
            return translate(text, schema, types, self.settings.zone)
        except (PgError, MemoryError):
            raise
        except Exception as error:  # a defect of ours: the statement fails, and the session goes on
            _LOG.exception("a statement could not be translated")
            raise PgError(
                "XX000", f"internal error: {type(error).__name__} where the statement is read"
            ) from error

    def filled(self, text: str, *, sure: bool) -> tuple[str, Translated, tuple[Any, ...]] | None:
        """Return a text's one statement, what it means by way of its shape, and its values.

        None when it goes the long way: it is more than one, or has no values in it.
        """
        try:
            found = self._templates.of(text)
            if found is None:
                return None
            statement, shape = found
            made = self.translated(shape.text, shape.types, sure=sure)
            if made.kind not in ("query", "change"):
                return None
            zone = self.settings.zone
            return statement, made, plan_of(made, zone).literals(shape.types, shape.values)
        except PgError:
            return None  # said about the text as it is, with its places

    def forget(self) -> None:
        """Read the schema anew, whatever its version is."""
        self._stamp = (-1, -1)
        self._verified = -1
        self.version += 1

    def undone(self) -> None:
        """A transaction was undone, which may have brought back an older schema than the one known here."""
        if self._doubtful:
            self.forget()

    @staticmethod
    def better_error(made: Translated, error: PgError) -> PgError:
        """Return PostgreSQL's syntax error for a text that SQLite did not understand either."""
        original = original_error(made)
        return original if original is not None and error.code in ("42601", "42000") else error
