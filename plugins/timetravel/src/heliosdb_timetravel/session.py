"""What time travel knows about one connection."""

from __future__ import annotations

import sqlite3
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite.plugins import run as run_past_hooks
from heliosdb_sqlite.plugins import state
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.schema import Stamp, database_files, stamp

from .errors import warn
from .options import TimeTravelOptions
from .reading.moments import Moments
from .storage import clock, following, layout
from .storage.entangled import entangled_tables
from .storage.names import COMMITS, OPEN, SETTINGS
from .storage.rebuilt import carry_over
from .storage.registry import Versioned
from .storage.switched_off import switched_off
from .storage.tables import eager_tables
from .storage.tidying import Tidying, tidying

NAME = "timetravel"


class Rows:
    """Rows that have been read to the end."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def fetchall(self) -> list[Any]:
        """Return all of them."""
        return self._rows

    def fetchone(self) -> Any:
        """Return the first one, None if there is none."""
        return self._rows[0] if self._rows else None


class TimeTravel:
    """Time travel on one connection: its options, the versioned tables it sees, and who is at work."""

    def __init__(self, connection: Any, options: TimeTravelOptions) -> None:
        self._connection = weakref.ref(connection)  # whose state this is: it must not keep itself alive
        self.options = options
        self.user = options.time_travel_user
        self.moments = Moments(self)
        self._known: dict[str, tuple[int, list[Versioned]]] = {}
        self._followed: Stamp = ()  # of the schema that main's history is in step with
        self._seen: Stamp = ()  # of the schema for which the rest is known
        self._has_history = False
        self._tidying: Tidying | None = None
        self.restoring_dump = False
        """A dump is being read in, which brings the tables of a history with it."""

    @property
    def connection(self) -> Any:
        """The connection."""
        return self._connection()

    # -- statements --------------------------------------------------------------------------------------------------
    def run(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
        """Run a statement of time travel's own and return its rows, with text as str whatever the text_factory is."""
        connection = self.connection
        factory = connection.text_factory
        if factory is str:
            return run_past_hooks(connection, sql, parameters)
        connection.text_factory = str
        try:
            cursor = run_past_hooks(connection, sql, parameters)
            return Rows(cursor.fetchall(), cursor.rowcount)
        finally:
            connection.text_factory = factory

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Have what is done inside committed as a whole or not at all, in the open transaction or in one of its own."""
        if self.connection.in_transaction:
            with self.savepoint():
                yield
            return
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.close_commit()
            self.run("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.run("ROLLBACK")
            self.forget()
            raise

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is done inside when it fails."""
        self.run("SAVEPOINT heliosdb_timetravel")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.run("ROLLBACK TO heliosdb_timetravel")
                self.run("RELEASE heliosdb_timetravel")
            self.forget()
            raise
        self.run("RELEASE heliosdb_timetravel")

    # -- the versioned tables ----------------------------------------------------------------------------------------
    def forget(self) -> None:
        """The schema may be another one."""
        self._known.clear()
        self._followed = ()

    def look_again(self) -> None:
        """Forget what was known of other databases: another file may be attached, or loaded, under the same name."""
        now = stamp(self.connection)
        if now != self._seen:
            self._seen = now
            self._known.clear()
            self.moments.forget()

    def tables(self, schema: str) -> list[Versioned]:
        """Return the versioned tables of a database, those that have ended too."""
        version = self._version(schema)
        known = self._known.get(schema)
        if known is None or known[0] != version:
            found = [following.as_now(table) for table in following.load(self.run, schema)]
            known = self._known[schema] = (version, found)
        return known[1]

    def live(self, name: str, schema: str | None = None) -> Versioned | None:
        """Return the versioned table that a name means."""
        folded = name.lower()
        for place in self.schemas(schema):
            for table in self.tables(place):
                if table.shape is not None and table.name.lower() == folded:
                    return table
        return None

    def schemas(self, schema: str | None = None) -> list[str]:
        """Return the databases in which a name is looked for: main before the attached ones; never temp."""
        names = [name for name in database_files(self.connection) if name != "temp"]
        return names if schema is None else [name for name in names if name.lower() == schema.lower()]

    def shadowed(self, name: str) -> bool:
        """Return whether a table in TEMP has the name, which then means it."""
        return self.has_table(name, "temp")

    def has_table(self, name: str, schema: str) -> bool:
        """Return whether a database has a table or view of that name."""
        found = self.run(
            f"SELECT 1 FROM {quote_identifier(schema)}.sqlite_master "
            "WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
            (name,),
        )
        return found.fetchone() is not None

    def has_table_anywhere(self, name: str) -> bool:
        """Return whether any database has a table or view of that name."""
        return any(self.has_table(name, schema) for schema in ["temp", *self.schemas()])

    def _version(self, schema: str) -> int:
        (version,) = self.run(f"PRAGMA {quote_identifier(schema)}.schema_version").fetchone()
        return int(version)

    # -- following the schema ----------------------------------------------------------------------------------------
    def connected(self) -> None:
        """The connection is open: take part in what is recorded, and adopt what is to be."""
        self.moments.define_functions()
        if layout.exists(self.run, "main"):
            layout.join(self.run)
        self._follow_now_or_later()

    def catch_up(self) -> None:
        """Follow what others did to the schema since, before the past is read; if that can't be now, a commit will."""
        if self.connection.in_transaction or not self._main_has_changed():
            return
        (patience,) = self.run("PRAGMA busy_timeout").fetchone()
        self.run("PRAGMA busy_timeout = 0")  # a reader does not wait for a writer
        try:
            self._follow_now_or_later()
        finally:
            self.run(f"PRAGMA busy_timeout = {patience}")

    def _follow_now_or_later(self) -> None:
        try:
            if self._behind():
                with self.transaction():
                    self.follow("main")
            self._in_step()
        except sqlite3.OperationalError as error:
            if not _for_later(error):
                raise

    def _behind(self) -> bool:
        """Return whether there is anything to do to bring main's history in step with its schema."""
        if layout.exists(self.run, "main"):
            (last,) = self.run(
                f"SELECT coalesce(max(state), 0) FROM {COMMITS} WHERE txn = (SELECT max(txn) FROM {COMMITS})"
            ).fetchone()
            if last == OPEN:
                return True
            tables = following.load(self.run, "main")
            if any(following.is_behind(self.run, table) for table in tables):
                return True
            live = {table.name for table in tables if table.shape is not None}
            entangled = entangled_tables(self.run, "main") & {name.lower() for name in live}
            if entangled - eager_tables(self.run, "main") or tidying(self.run, "main").is_due(self.run):
                return True
        else:
            live = set()
        return self._versions_all() and any(
            name not in live and name.lower() not in switched_off(self.run)
            for name in following.ordinary_tables(self.run, "main")
        )

    def _versions_all(self) -> bool:
        return self.options.time_travel_tables == "all"

    def follow(self, schema: str, *, created: Sequence[str] = ()) -> None:
        """Bring the history of a database in step with its schema, in the open transaction.

        :param created: tables that this statement made: before it they had no rows
        """
        tables = following.load(self.run, schema)
        for table in tables:
            if table.shape is not None:
                following.follow(self.run, table)
            elif table.ended is None:
                following.lost(self.run, table)
        carry_over(self.run, schema)
        if schema == "main" and self._versions_all():
            live = {
                table.name.lower() for table in following.load(self.run, schema) if table.shape is not None
            }
            left_alone = switched_off(self.run)
            for name in following.ordinary_tables(self.run, schema):
                if name.lower() not in live and name.lower() not in left_alone:
                    self._adopt(name, adopted=name.lower() not in {each.lower() for each in created})
        self._known.pop(schema, None)
        if schema == "main":
            self._in_step()
            self._tidy()

    def _adopt(self, name: str, *, adopted: bool) -> None:
        try:
            following.add(self.run, "main", name, adopted=adopted)
        except sqlite3.NotSupportedError as error:
            warn(f"no history is kept: {error}")

    def make_room(self) -> None:
        """A dump brings the tables of a history: take back what this transaction has made of them itself."""
        if self.restoring_dump:
            return
        names = self.run(
            "SELECT type, name FROM main.sqlite_master WHERE name GLOB 'heliosdb_timetravel_*'"
        ).fetchall()
        if (SETTINGS,) in [(name,) for _, name in names]:
            if self.run(f"SELECT 1 FROM {COMMITS} WHERE state <> ?", (OPEN,)).fetchone() is not None:
                return  # there is a history already: SQLite says that the table exists
            for wanted in ("trigger", "view", "index", "table"):
                for kind, name in names:
                    if kind == wanted:
                        self.run(f"DROP {kind} IF EXISTS main.{quote_identifier(name)}")
        self.restoring_dump = True
        self.forget()

    def restored_dump(self) -> None:
        """The dump has been read in."""
        self.restoring_dump = False
        self.forget()
        if layout.exists(self.run, "main"):
            layout.join(self.run)

    def before_commit(self) -> None:
        """The transaction is about to commit: follow what it did to the schema, and give it its time."""
        if self.restoring_dump:
            self.restored_dump()
        if self._main_has_changed():
            try:
                if layout.exists(self.run, "main") or self._versions_all():
                    self.follow("main")
                self._in_step()
            except sqlite3.OperationalError as error:
                if not _for_later(error):
                    raise
                self._has_history = layout.exists(self.run, "main")  # it only read; a later commit follows
        if self._has_history:
            self._close_open_commit()

    def close_commit(self) -> None:
        """Give the open transaction its time."""
        if layout.exists(self.run, "main"):
            self._close_open_commit()

    def _close_open_commit(self) -> None:
        # Looked at first, because a transaction that only reads must not ask for the right to write.
        if self.run(clock.STATE).fetchone() == (OPEN,):
            self._tidy()
            clock.close(self.run, self.user, time.time_ns() // 1000)

    def _tidy(self) -> None:
        if self._tidying is None:
            self._tidying = tidying(self.run, "main")
        self._tidying.run(self.run)

    def went_back(self) -> None:
        """A transaction was rolled back: what it did to the schema has not happened."""
        if self.connection is None:
            return  # nobody holds it any more
        for schema, (version, _) in list(self._known.items()):
            if version != self._version(schema):
                del self._known[schema]
        if self._followed != stamp(self.connection):
            self._followed = ()
        self.restoring_dump = False

    def _main_has_changed(self) -> bool:
        """Return whether main's history may be out of step with its schema."""
        now = stamp(self.connection)
        if self._followed == now:
            return False
        if dict(self._followed).get("main") != dict(now)["main"]:
            return True
        self._in_step()  # other databases may have come, and another file in the place of main's
        return False

    def _in_step(self) -> None:
        self._has_history = layout.exists(self.run, "main")
        self._tidying = None
        if self._has_history:
            layout.join(self.run)  # deserialize() and backup() bring a history along
        self._followed = stamp(self.connection)


def _for_later(error: sqlite3.OperationalError) -> bool:
    """Return whether it says that the database can't be written now: what there is to do is done before a commit."""
    return "readonly" in str(error) or "locked" in str(error) or "busy" in str(error)


def of(connection: Any, method: str = "this") -> TimeTravel:
    """Return the time travel of a connection.

    :param method: what needs it, for the error
    :raises ProgrammingError: it is not switched on
    """
    try:
        found = state(connection).get(NAME)
    except sqlite3.ProgrammingError:  # no plugin is
        found = None
    if not isinstance(found, TimeTravel):
        raise sqlite3.ProgrammingError(
            f"{method} needs time travel switched on: connect(..., enable_time_travel=True)"
        )
    return found
