"""Schema changes of a branch replayed on the target, each with what takes it back.

Statements go through the connection's hooks, as the program's own would: a plugin that follows schema changes, as time
travel does, follows these too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier as q
from heliosdb_sqlite.sql.splice import Edit, splice

from ..errors import Conflict, is_busy
from ..logs.dropping import logged
from ..running import rows, run, value
from .alterations import Alteration, alterations, rename_table, renames
from .planning import TablePlan, ThingPlan
from .requiring import needed, relaxed
from .shapes import Thing, same_sql

Step = dict[str, Any]
"""What was done, with what takes it back; JSON."""

_ERROR, _CONSTRAINT, _MISMATCH = 1, 19, 20  # the numbers of SQLite's errors


_PASSING = "_heliosdb_rebuilding"


class Refused(Exception):
    """SQLite does not make of this schema what the branch has made of its own: :attr:`conflict` says why."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__(str(conflict))
        self.conflict = conflict


@contextmanager
def _to_be_done(name: str, ours: str | None, theirs: str | None) -> Iterator[None]:
    """Say of what SQLite refuses which definition it is about."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.OperationalError) as error:
        if is_busy(error) or not _is_refusal(error):
            raise
        reason = str(error).replace(_PASSING, name)
        raise Refused(Conflict(name, None, None, None, ours, theirs, reason)) from None


def _is_refusal(error: sqlite3.Error) -> bool:
    """Return whether it is about what was asked for, and not about the disk or the memory."""
    code = getattr(error, "sqlite_errorcode", None)  # from Python 3.11 on
    if code is None:
        return not any(words in str(error) for words in ("disk", "memory", "interrupted", "readonly"))
    return (code & 0xFF) in (_ERROR, _CONSTRAINT, _MISMATCH)


class Replay:
    """Changes the schema of one connection, inside its transaction, and keeps what it takes to undo that."""

    def __init__(self, connection: Any, merge: int) -> None:
        self.connection = connection
        self.steps: list[Step] = []
        self._merge = merge
        self._copies = 0
        # By the table's new name, with its definition so far.
        self._relaxed: dict[str, tuple[TablePlan, str]] = {}

    def execute(self, sql: str) -> None:
        """Run a statement by way of the hooks."""
        self.connection.execute(sql).close()

    # -- tables ------------------------------------------------------------------------------------------------------
    def create_table(self, name: str, sql: str) -> None:
        """Make a table."""
        with _to_be_done(name, None, sql):
            self.execute(sql)
        self.steps.append({"did": "create table", "name": name})

    def drop_table(self, name: str) -> None:
        """Drop a table, keeping what it held for an undo."""
        self._keep(name, "drop table")
        with logged(self.connection, name, None):
            self.execute(f"DROP TABLE main.{q(name)}")

    def alter_table(self, plan: TablePlan) -> None:
        """Make a table what its plan says."""
        pair = plan.pair
        assert pair.ours is not None  # noqa: S101 - there is something to alter
        with _to_be_done(pair.ours.name, pair.ours.sql, pair.theirs.sql if pair.theirs is not None else None):
            self._alter_table(plan, pair.ours.name)

    def _alter_table(self, plan: TablePlan, name: str) -> None:
        if (
            plan.redefine is not None
            or plan.drop_columns
            or (plan.expect_sql is not None and self._needs_rebuild(plan))
        ):
            self._keep(name, "rebuild")
            kept = len(self.steps)
            if plan.redefine is not None:
                self.rebuild(name, plan.redefine)
            self._alter(name, plan, undoable=False)
            del self.steps[kept:]
            # A plugin that follows schema changes sees this one, of nothing, and the table before rows come into it.
            self.execute("DROP INDEX IF EXISTS main._heliosdb_nothing")
            now = self.steps[-1]["now"] = plan.rename_to or name
            self.steps[-1]["renamed"] = dict(plan.rename_columns)
            if now in self._relaxed:
                self.steps.append({"did": "require", "name": now, "sql": self._relaxed[now][1]})
        else:
            self._alter(name, plan, undoable=True)

    def _needs_rebuild(self, plan: TablePlan) -> bool:
        """Return whether the definition is not what ALTER TABLE leads to: tried, and taken back."""
        assert plan.pair.ours is not None  # noqa: S101 - as above
        run(self.connection, "SAVEPOINT heliosdb_try")
        steps = len(self.steps)
        try:
            name = self._alter_in_place(plan.pair.ours.name, plan)
            return not same_sql(self._sql_of(name), plan.expect_sql or "")
        except sqlite3.OperationalError:
            return True
        finally:
            run(self.connection, "ROLLBACK TO heliosdb_try")
            run(self.connection, "RELEASE heliosdb_try")
            del self.steps[steps:]

    def _alter(self, name: str, plan: TablePlan, *, undoable: bool) -> None:
        if undoable:
            self._alter_in_place(name, plan)
            return
        run(self.connection, "SAVEPOINT heliosdb_try")
        try:
            now = self._alter_in_place(name, plan)
            done = plan.expect_sql is None or same_sql(self._sql_of(now), plan.expect_sql)
        except sqlite3.OperationalError:
            if plan.expect_sql is None:
                raise
            done = False
        if done:
            run(self.connection, "RELEASE heliosdb_try")
            return
        run(self.connection, "ROLLBACK TO heliosdb_try")
        run(self.connection, "RELEASE heliosdb_try")
        self._rename(name, plan)
        now, sql = plan.rename_to or name, plan.expect_sql or ""
        without = self._without_required(now, sql)
        if without != sql:
            self._relaxed[now] = plan, without
        self.rebuild(now, without)

    def _without_required(self, name: str, sql: str) -> str:
        """Return a definition in which no column needs a value that the table's rows lack: theirs come afterwards."""
        connection = self.connection
        if not value(connection, f"SELECT EXISTS (SELECT 1 FROM main.{q(name)})"):
            return sql
        run(connection, renamed_definition(sql, _PASSING))
        columns = needed(connection, _PASSING, columns_of(connection, name))
        run(connection, f"DROP TABLE main.{_PASSING}")
        return relaxed(sql, columns) if columns else sql

    def require(self) -> None:
        """Have the columns need a value that do on the branch, now that the rows have theirs."""
        for name, (plan, _) in self._relaxed.items():
            ours, sql = plan.pair.ours, plan.expect_sql or ""
            assert ours is not None  # noqa: S101 - it was altered
            with _to_be_done(ours.name, ours.sql, sql):
                self.rebuild(name, sql)

    def _rename(self, name: str, plan: TablePlan) -> str:
        """Give a table and its columns their names; those that are to go make way."""
        if plan.rename_to:
            self.rename_table(name, plan.rename_to)
            name = plan.rename_to
        for each in renames(name, plan.rename_columns, plan.drop_columns):
            self._carry_out(each)
        return name

    def _alter_in_place(self, name: str, plan: TablePlan) -> str:
        for each in alterations(name, plan.changes):
            self._carry_out(each)
        return plan.rename_to or name

    def rename_table(self, name: str, to: str) -> None:
        """Give a table another name."""
        self._carry_out(rename_table(name, to))

    def _carry_out(self, each: Alteration) -> None:
        statement = each.sql("main.")
        if each.did == "drop column":  # taken back with the whole table, which is kept
            with logged(self.connection, each.table, each.old):
                self.execute(statement)
            return
        self.execute(statement)
        if each.did == "rename table":
            self.steps.append({"did": each.did, "name": each.new, "was": each.old})
        elif each.did == "rename column":
            self.steps.append({"did": each.did, "table": each.table, "name": each.new, "was": each.old})
        else:
            self.steps.append({"did": each.did, "table": each.table, "name": each.new})

    def rebuild(self, name: str, sql: str) -> None:
        """Make a table anew by another definition, with the rows, indexes and triggers that it has."""
        connection = self.connection
        passing = _PASSING
        run(connection, renamed_definition(sql, passing))
        old = columns_of(connection, name)
        new = {column.lower(): column for column in columns_of(connection, passing)}
        shared = [(new[column.lower()], column) for column in old if column.lower() in new]
        targets, sources = ", ".join(q(to) for to, _ in shared), ", ".join(q(of) for _, of in shared)
        rowid = _rowid(connection, name), _rowid(connection, passing)
        if all(rowid):
            targets, sources = f"{rowid[1]}, {targets}", f"{rowid[0]}, {sources}"
        run(connection, f"INSERT INTO main.{passing} ({targets}) SELECT {sources} FROM main.{q(name)}")
        sequence = sequence_of(connection, name)
        hanging = self._hanging(name)
        run(connection, f"DROP TABLE main.{q(name)}")
        rename_quietly(connection, passing, name)
        if sequence is not None:
            set_sequence(connection, name, sequence)
        for thing in hanging:
            try:
                run(connection, thing.sql)
            except sqlite3.OperationalError:  # about a column that is gone: what it has become is made later
                continue

    def _hanging(self, table: str) -> list[Thing]:
        """Return the indexes and triggers of a table."""
        return [
            Thing(*each)
            for each in rows(
                self.connection,
                "SELECT type, name, tbl_name, sql FROM main.sqlite_master"
                " WHERE tbl_name = ? COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL"
                " ORDER BY rowid",
                (table,),
            )
        ]

    def _keep(self, name: str, did: str) -> None:
        """Keep a table's definition and rows before it is dropped or made anew."""
        self._copies += 1
        copy = f"_heliosdb_undo_{self._merge}_{self._copies}"
        rowid = _rowid(self.connection, name)
        columns = [q(column) for column in columns_of(self.connection, name)]
        selected = ", ".join([f"{rowid} AS _heliosdb_rowid", *columns] if rowid else columns)
        run(self.connection, f"CREATE TABLE main.{q(copy)} AS SELECT {selected} FROM main.{q(name)}")
        self.steps.append(
            {
                "did": did,
                "name": name,
                "sql": self._sql_of(name),
                "copy": copy,
                "rowid": rowid,
                "sequence": sequence_of(self.connection, name),
                "hanging": [list(each) for each in self._hanging(name)],
            }
        )

    def _sql_of(self, name: str) -> str:
        return str(
            value(
                self.connection,
                "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?",
                (name,),
            )
        )

    # -- everything else ---------------------------------------------------------------------------------------------
    def drop_things(self, plans: Iterable[ThingPlan]) -> None:
        """Drop indexes, views, triggers and virtual tables that the branch dropped or changed."""
        for plan in plans:
            if plan.drop is not None:
                kind = "TABLE" if plan.drop.kind == "virtual" else plan.drop.kind.upper()
                self.execute(f"DROP {kind} main.{q(plan.drop.name)}")
                self.steps.append({"did": "drop", "thing": list(plan.drop)})

    def create_things(self, plans: Iterable[ThingPlan]) -> None:
        """Make indexes, views and triggers that the branch made or changed; views may use each other."""
        waiting = [plan.create for plan in plans if plan.create is not None]
        for thing in waiting:
            with _to_be_done(thing.name, None, thing.sql):
                self.execute(thing.sql)
            self.steps.append({"did": "create", "thing": list(thing)})


def renamed_definition(sql: str, name: str) -> str:
    """Return a CREATE TABLE statement for a table of another name."""
    tokens = tokenize(sql)
    place = next(place for place, token in enumerate(tokens) if token.word == "TABLE") + 1
    if [token.word for token in tokens[place : place + 3]] == ["IF", "NOT", "EXISTS"]:
        place += 3
    return splice(sql, [Edit(tokens[place].start, tokens[place].end, q(name))])


def rename_quietly(connection: Any, name: str, to: str) -> None:
    """Rename a table and leave what refers to it as it is."""
    before = value(connection, "PRAGMA legacy_alter_table")
    run(connection, "PRAGMA legacy_alter_table = ON")
    try:
        run(connection, f"ALTER TABLE main.{q(name)} RENAME TO {q(to)}")
    finally:
        run(connection, f"PRAGMA legacy_alter_table = {int(before)}")


def columns_of(connection: Any, table: str) -> list[str]:
    """Return the columns of a table that hold data."""
    found = rows(connection, "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0", (table,))
    return [name for (name,) in found]


def _rowid(connection: Any, table: str) -> str | None:
    """Return the name of a rowid that is no column; None when there is none or it can't be reached."""
    from ..logs.tables import read_table

    found = read_table(connection, table)
    return found.rowid if not found.alias else None


def sequence_of(connection: Any, table: str) -> int | None:
    """Return where AUTOINCREMENT has come to in a table; None where it is not used."""
    if not value(connection, "SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_sequence'"):
        return None
    found: int | None = value(connection, "SELECT seq FROM main.sqlite_sequence WHERE name = ?", (table,))
    return found


def set_sequence(connection: Any, table: str, to: int) -> None:
    """Have AUTOINCREMENT go on from there in a table."""
    run(connection, "DELETE FROM main.sqlite_sequence WHERE name = ?", (table,))
    run(connection, "INSERT INTO main.sqlite_sequence (name, seq) VALUES (?, ?)", (table, to))
