"""What a plugin's syntax costs: texts without any of it, and a text that was rewritten once for a schema."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import heliosdb_sqlite
from heliosdb_sqlite import plugins
from heliosdb_sqlite.plugins import Syntax, hookimpl, schema_of

from ..harness import Contender, Race, Work

NEW_TEXT = (
    0.5e-6  # seconds: what looking for a trigger word may add to a text that is seen for the first time
)


class Names:
    """SELECT NAMES_OF t means SELECT its columns, by name."""

    @hookimpl
    def heliosdb_syntax(self) -> Syntax:
        return Syntax(words=("names_of",))

    @hookimpl
    def heliosdb_parse(self, connection: Any, statement: Any) -> Any:
        if "NAMES_OF" not in statement.text:
            return None
        schema = schema_of(connection)
        table = schema.table("t")
        columns = ", ".join(column.name for column in table.columns) if table else "*"
        return statement.rewritten(statement.text.replace("NAMES_OF t", f"{columns} FROM t")).bound_to(
            schema.stamp
        )


@contextmanager
def _filled(connect: Any, database: Any) -> Iterator[Any]:
    with closing(connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany(
            "INSERT INTO t VALUES (?, ?)", [(number, f"name {number}") for number in range(1000)]
        )
        connection.commit()
        yield connection


@contextmanager
def _with_plugin(connect: Any, database: Any) -> Iterator[Any]:
    plugins.register(Names(), name="benchmark", always=True)
    try:
        with _filled(connect, database) as connection:
            yield connection
    finally:
        plugins.unregister("benchmark")


@contextmanager
def new_text(opened: Any, connect: Any) -> Iterator[Work]:
    """A SELECT whose text was never seen before and has no trigger word."""
    with opened(connect, ":memory:") as connection:
        cursor = connection.cursor()
        numbers = itertools.count(1)

        def work(times: int) -> None:
            for number in itertools.islice(numbers, times):
                cursor.execute(f"SELECT name FROM t WHERE id = {number} AND id IS NOT NULL").fetchone()

        yield work


@contextmanager
def known_text(opened: Any, connect: Any, sql: str, *, in_file: bool) -> Iterator[Work]:
    """A text that was rewritten at first sight and is run again and again."""
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(connect, Path(folder, "a.db") if in_file else ":memory:") as connection,
    ):
        cursor = connection.cursor()

        def work(times: int) -> None:
            for number in range(times):
                cursor.execute(sql, (number % 1000,)).fetchone()

        yield work


def races(quick: bool) -> Iterator[Race]:
    """Texts that are no plugin's business, and texts that are."""
    stdlib, ours = sqlite3.connect, heliosdb_sqlite.connect
    yield Race(
        "new text, no trigger word",
        Contender("sqlite3", partial(new_text, _filled, stdlib)),
        (
            Contender("plain", partial(new_text, _filled, ours), extra=NEW_TEXT),
            Contender("a plugin's word looked for", partial(new_text, _with_plugin, ours)),
        ),
    )
    plain, extended = "SELECT id, name FROM t WHERE id = ?", "SELECT NAMES_OF t WHERE id = ?"
    for where, in_file in (("memory", False), ("WAL", True)):
        yield Race(
            f"rewritten text, {where}",
            Contender("sqlite3", partial(known_text, _filled, stdlib, plain, in_file=in_file)),
            (
                Contender(
                    "rewritten once", partial(known_text, _with_plugin, ours, extended, in_file=in_file)
                ),
            ),
        )
