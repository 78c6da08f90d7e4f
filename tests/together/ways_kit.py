"""How features meet in one change: each as the way by which it is written, and as a witness of what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

import psycopg2

from heliosdb_sqlite import connection_pool
from together_kit import PIN, SECRET, Feature, Place, nothing_is_readable

CHANGED = 4  # the note that each change writes anew, beside the one that it adds


@dataclass(frozen=True)
class Change:
    """What is written, in one transaction: one note is changed in every column, another is added."""

    number: int
    """The note that is added; everything else follows from it."""

    def row(self, note: int, place: Place) -> dict[str, Any]:
        """Return what a note has after the change, in the columns that are there."""
        row: dict[str, Any] = {"id": note, "body": f"{SECRET}: {self.number} of {note}", "n": self.number}
        if place.has("enable_vector_search"):
            row["embedding"] = [float(self.number), float(note), -1.0]
        if place.has("column_key"):
            row |= {"pin": f"{PIN} {self.number} {note}", "code": f"{PIN} {self.number}"}
        return row

    def statements(self, place: Place, mark: str = "?") -> list[tuple[str, tuple[Any, ...]]]:
        """Return the statements; those of a client, whose parameters are ``%s``, have vectors as text."""
        changed, added = (
            {
                name: str(value) if mark == "%s" and isinstance(value, list) else value
                for name, value in self.row(note, place).items()
            }
            for note in (CHANGED, self.number)
        )
        sets = ", ".join(f"{name} = {mark}" for name in changed)
        marks = ", ".join([mark] * len(added))
        return [
            (f"UPDATE note SET {sets} WHERE id = {CHANGED}", tuple(changed.values())),
            (f"INSERT INTO note ({', '.join(added)}) VALUES ({marks})", tuple(added.values())),
        ]

    def write(self, conn: Any, place: Place) -> None:
        """Write it on a connection, without the commit."""
        for sql, parameters in self.statements(place):
            conn.execute(sql, parameters)

    def seen(self, conn: Any, place: Place) -> None:
        """See that all of it is there."""
        assert found(conn, place) == self.row(CHANGED, place)
        assert found(conn, place, self.number) == self.row(self.number, place)


def found(conn: Any, place: Place, note: int = CHANGED, when: str = "") -> dict[str, Any] | None:
    """Return a note as it is, or was, in every column."""
    names = list(Change(0).row(note, place))
    row = conn.execute(f"SELECT {', '.join(names)} FROM note WHERE id = ? {when}", (note,)).fetchone()
    if row is None:
        return None
    return {
        name: list(value) if name == "embedding" and value is not None else value
        for name, value in zip(names, row, strict=True)
    }


# ---- ways ----


def by_itself(place: Place, change: Change) -> None:
    """On a connection, which sees its own write, takes it back, and writes again."""
    with closing(place.open()) as conn:
        before = found(conn, place)
        for end in (conn.rollback, conn.commit):
            assert found(conn, place) == before
            change.write(conn, place)
            change.seen(conn, place)
            end()


def by_restoring(place: Place, change: Change) -> None:
    """Overwritten and deleted again, and brought back from the history."""
    with closing(place.open()) as conn:
        change.write(conn, place)
        conn.commit()
        conn.tag(f"way {change.number}")
        conn.execute(f"UPDATE note SET body = 'lost', n = NULL, embedding = NULL WHERE id = {CHANGED}")
        conn.execute("DELETE FROM note WHERE id = ?", (change.number,))
        conn.commit()
        conn.restore("note", tag=f"way {change.number}")
        conn.commit()


def by_merging(place: Place, change: Change) -> None:
    """On a branch that is merged."""
    with closing(place.open()) as conn:
        before = found(conn, place)
        conn.create_branch("way")
        with closing(place.open(branch="way")) as branch:
            change.write(branch, place)
            branch.commit()
            change.seen(branch, place)
        assert found(conn, place) == before
        conn.merge_branch("way")
        conn.delete_branch("way")


def from_a_pool(place: Place, change: Change) -> None:
    """On a borrowed connection, after another borrower has given it back in the midst of the same."""
    with connection_pool.create(place.path, pool_size=1, max_overflow=0, **pooled(place)) as pool:
        with pool.connection() as conn:
            change.write(conn, place)
        with pool.connection() as conn, conn:
            change.write(conn, place)


def by_a_client(place: Place, change: Change) -> None:
    """By a PostgreSQL client."""
    with (
        closing(place.open()) as conn,
        closing(psycopg2.connect(conn.get_server_info().url)) as client,
        client.cursor() as cursor,
    ):
        for end in (client.rollback, client.commit):
            for sql, parameters in change.statements(place, "%s"):
                cursor.execute(sql, parameters)
            end()


def in_line(place: Place, change: Change) -> None:
    """In another thread, while a transaction of this one holds the line of writers."""

    def write() -> None:
        with closing(place.open()) as conn, conn:
            conn.execute("BEGIN IMMEDIATE")
            change.write(conn, place)

    with closing(place.open()) as conn:
        (n,) = conn.execute("SELECT n FROM note WHERE id = 5").fetchone()
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("UPDATE note SET n = n + 1 WHERE id = 5")
        thread = Thread(target=write)
        thread.start()
        conn.commit()
        thread.join()
        assert conn.execute("SELECT n FROM note WHERE id = 5").fetchone() == (n + 1,)


WAYS: dict[str, Callable[[Place, Change], None]] = {
    "time travel": by_restoring,
    "branching": by_merging,
    "pool": from_a_pool,
    "hybrid mode": by_a_client,
    "concurrency": in_line,
}


# ---- witnesses: each looks before the change, and after it ----


@contextmanager
def unreadable(place: Place, change: Change) -> Iterator[None]:
    yield
    nothing_is_readable(place)


@contextmanager
def sealed(place: Place, change: Change) -> Iterator[None]:
    yield
    with closing(place.open()) as conn:
        code = change.row(CHANGED, place)["code"]
        by_code = "SELECT id FROM note WHERE code = ? ORDER BY id"
        assert conn.execute(by_code, (code,)).fetchall() == [(CHANGED,), (change.number,)]
    files = [path for path in place.path.parent.rglob("*") if path.is_file()]
    assert [path.name for path in files if PIN.encode() in path.read_bytes()] == []


@contextmanager
def remembered(place: Place, change: Change) -> Iterator[None]:
    tag = f"before {change.number}"
    with closing(place.open()) as conn:
        before, versions = found(conn, place), len(conn.history("note", CHANGED))
        conn.tag(tag)
    yield
    with closing(place.open()) as conn:
        when = f"AS OF TAG '{tag}'"
        assert found(conn, place, CHANGED, when) == before
        assert found(conn, place, change.number, when) is None
        changed, added = (list(conn.history("note", note)) for note in (CHANGED, change.number))
        assert len(changed) > versions
        assert changed[-1].row["body"] == change.row(CHANGED, place)["body"]
        assert changed[-1].transaction == added[-1].transaction, "one change of the history"


@contextmanager
def nearby(place: Place, change: Change) -> Iterator[None]:
    yield
    with closing(place.open()) as conn:
        query = "SELECT id FROM note ORDER BY vector_distance(embedding, ?, 'l2') LIMIT 1"
        for note in (CHANGED, change.number):
            vector = change.row(note, place)["embedding"]
            assert conn.execute(query, (vector,)).fetchall() == [(note,)]


@contextmanager
def indexed(place: Place, change: Change) -> Iterator[None]:
    with nearby(place, change):
        yield
    with closing(place.open()) as conn:
        vector = change.row(CHANGED, place)["embedding"]
        query = "SELECT id FROM note ORDER BY vector_distance(embedding, ?, 'l2') LIMIT 1"
        assert conn.explain_vector(query, (vector,)).path == "index"
        (stats,) = conn.vector_index_stats("near")
        vectors = "SELECT count(*) FROM note WHERE embedding IS NOT NULL"
        assert conn.execute(vectors).fetchone() == (stats.rows,)


@contextmanager
def kept_fresh(place: Place, change: Change) -> Iterator[None]:
    with closing(place.open()) as conn:
        before = [found(conn, place) for _ in range(3)]
        hits = conn.get_cache_stats().cache_hits
        yield
        assert before[0] == before[1] == before[2]
        for _ in range(3):
            change.seen(conn, place)
        assert conn.get_cache_stats().cache_hits > hits > 0


@contextmanager
def apart(place: Place, change: Change) -> Iterator[None]:
    with closing(place.open()) as conn:
        before = found(conn, place)
        conn.create_branch("witness")
    yield
    with closing(place.open(branch="witness")) as branch:
        assert found(branch, place) == before
        assert found(branch, place, change.number) is None
    with closing(place.open()) as conn:
        conn.delete_branch("witness")


@contextmanager
def borrowed(place: Place, change: Change) -> Iterator[None]:
    with connection_pool.create(place.path, pool_size=2, max_overflow=0, **pooled(place)) as pool:
        with pool.connection() as one, pool.connection() as other:
            assert found(one, place) == found(other, place)
            yield
            change.seen(one, place)
        with pool.connection() as one, pool.connection() as other:
            change.seen(one, place)
            change.seen(other, place)


@contextmanager
def far_away(place: Place, change: Change) -> Iterator[None]:
    with (
        closing(place.open()) as conn,
        closing(psycopg2.connect(conn.get_server_info().url)) as client,
        client.cursor() as cursor,
    ):
        client.autocommit = True
        cursor.execute("SELECT count(*) FROM note")
        yield
        for note in (CHANGED, change.number):
            row = change.row(note, place)
            cursor.execute(f"SELECT {', '.join(row)} FROM note WHERE id = %s", (note,))
            shown = dict(zip(row, cursor.fetchone() or (), strict=True))
            if "embedding" in row:
                shown["embedding"] = [float(each) for each in shown["embedding"].strip("[]").split(",")]
            assert shown == row


@contextmanager
def not_disturbed(place: Place, change: Change) -> Iterator[None]:
    with closing(place.open()) as reader:
        reader.execute("BEGIN")
        before = found(reader, place)
        yield
        assert found(reader, place) == before
        reader.commit()
        change.seen(reader, place)


WITNESSES = {
    "encryption": unreadable,
    "encrypted columns": sealed,
    "time travel": remembered,
    "vector search": nearby,
    "vector index": indexed,
    "result cache": kept_fresh,
    "branching": apart,
    "pool": borrowed,
    "hybrid mode": far_away,
    "concurrency": not_disturbed,
}


def pooled(place: Place) -> dict[str, Any]:
    """Return the options of a pool: its connections start no servers."""
    return {name: value for name, value in place.options.items() if name != "heliosdb_mode"}


def meet(place: Place, features: tuple[Feature, ...]) -> None:
    """Write by the way of each of the features, before the eyes of all of them, and look again on a new connection."""
    ways = [WAYS[feature.name] for feature in features if feature.name in WAYS] or [by_itself]
    for number, way in enumerate(ways, start=100):
        change = Change(number)
        with ExitStack() as stack:
            for feature in features:
                stack.enter_context(WITNESSES[feature.name](place, change))
            way(place, change)
        with closing(place.open()) as conn:
            change.seen(conn, place)
            assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
