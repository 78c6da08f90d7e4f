"""One long story with every feature: an encrypted, versioned knowledge base with embeddings, and what happens to it."""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg2
import pytest

import heliosdb_sqlite
from heliosdb_sqlite import connection_pool

KEY, COLUMN_KEY = b"f" * 32, b"c" * 32
OPTIONS: dict[str, Any] = {
    "encryption_key": KEY,
    "column_key": COLUMN_KEY,
    "enable_time_travel": True,
    "enable_vector_search": True,
    "enable_cache": True,
    "concurrency": "wal",
}
SECRET = "the combination of the safe is 17-4-33"
NEAREST = "SELECT id FROM page ORDER BY vector_distance(embedding, ?) LIMIT 2"
HYBRID = "SELECT h.rowid FROM hybrid_search(page, page_words, ?, embedding, ?, 1) AS h JOIN page AS p ON p.id = h.rowid"


def embedding(number: int) -> list[float]:
    return [math.sin(number), math.cos(number), math.sin(2 * number), 1.0]


PSQL = shutil.which("psql")


def asked_by_psql(url: str, sql: str) -> str:
    """Return what psql shows of a query; psycopg2 asks where no psql is installed, but CI must have one."""
    if PSQL is None and not os.environ.get("CI"):
        with closing(psycopg2.connect(url)) as client, client.cursor() as cursor:
            cursor.execute(sql)
            return "\n".join("|".join(map(str, row)) for row in cursor.fetchall())
    assert PSQL, "psql is not installed: CI must have it"
    done = subprocess.run([PSQL, "-XAt", url, "-c", sql], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class KnowledgeBase:
    """The database, and whom it is opened by."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, **more: Any) -> Any:
        return heliosdb_sqlite.connect(self.path, **{**OPTIONS, **more})

    def ask(self, sql: str, parameters: Any = (), **more: Any) -> list[Any]:
        """Ask on a connection of its own: everything was closed before."""
        with closing(self.open(**more)) as conn:
            rows: list[Any] = conn.execute(sql, parameters).fetchall()
            return rows

    def moment(self) -> datetime:
        """Return a moment between what was done and what will be."""
        time.sleep(0.005)
        now = datetime.now(timezone.utc)
        time.sleep(0.005)
        return now


@pytest.fixture
def base(tmp_path: Path) -> KnowledgeBase:
    base = KnowledgeBase(tmp_path / "knowledge.db")
    with closing(base.open(time_travel_user="ann")) as conn:
        conn.executescript("""
            CREATE TABLE page (id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, body TEXT, secret TEXT ENCRYPTED,
                               embedding VECTOR(4));
            CREATE VIRTUAL TABLE page_words USING fts5(title, body, content='page', content_rowid='id');
            CREATE TRIGGER page_new AFTER INSERT ON page BEGIN
                INSERT INTO page_words (rowid, title, body) VALUES (new.id, new.title, new.body);
            END;
        """)
        rows = [(n, f"page {n}", f"about number {n}", f"{SECRET} {n}", embedding(n)) for n in range(1, 201)]
        conn.cursor().batch_insert("page", ["id", "title", "body", "secret", "embedding"], rows)
        conn.commit()
    return base


def test_the_story(base: KnowledgeBase) -> None:
    # -- yesterday: what is there is found by meaning, by words, and in the index --
    exact = base.ask(NEAREST, (embedding(7),))
    assert exact[0] == (7,)
    with closing(base.open()) as conn:
        conn.execute("CREATE INDEX near ON page USING bits (embedding vector_cosine_ops)")
        conn.commit()
    assert base.ask(NEAREST, (embedding(7),)) == exact
    assert base.ask(HYBRID, ("number 9", embedding(9))) == [(9,)]
    yesterday = base.moment()

    # -- today: somebody makes mistakes --
    with closing(base.open(time_travel_user="bob")) as conn:
        conn.execute("UPDATE page SET body = 'nothing' WHERE id <= 50")
        conn.execute("DELETE FROM page WHERE id = 7")
        conn.execute("UPDATE page SET secret = ? WHERE id = 8", ("a new combination",))
        conn.commit()
    assert base.ask(NEAREST, (embedding(7),))[0] != (7,)
    assert base.ask("SELECT count(*), secret FROM page WHERE id = 7 AS OF ?", (yesterday,)) == [
        (1, f"{SECRET} 7")
    ]

    # -- a branch from yesterday, on which the schema changes; main goes on meanwhile --
    with closing(base.open()) as conn:
        conn.create_branch("repair", as_of=yesterday)
    assert base.ask("SELECT body, secret FROM page WHERE id = 7", branch="repair") == [
        ("about number 7", f"{SECRET} 7")
    ]
    assert base.ask(NEAREST, (embedding(7),), branch="repair") == exact
    with closing(base.open(branch="repair", time_travel_user="carla")) as branch:
        branch.execute("ALTER TABLE page ADD COLUMN reviewed INTEGER DEFAULT 0")
        branch.execute("UPDATE page SET reviewed = 1 WHERE id > 150")
        branch.execute(
            "INSERT INTO page (id, title, body, secret, embedding) VALUES (1000, 'new', 'fresh', ?, ?)",
            ("no secret", embedding(1000)),
        )
        branch.execute("UPDATE page SET body = body || ', as it was' WHERE id = 7")
        branch.commit()
    with closing(base.open(time_travel_user="ann")) as conn:
        conn.execute("UPDATE page SET body = 'main went on' WHERE id = 200")
        conn.commit()

    # -- merged: page 7, which main has deleted since, is a conflict; what bob did stays, as main is newer there --
    with closing(base.open(time_travel_user="ann")) as conn:
        with pytest.raises(sqlite3.IntegrityError) as caught:
            conn.merge_branch("repair")
        assert [(each.table, each.key) for each in caught.value.conflicts] == [("page", (7,))]
        assert "reviewed" not in [row[1] for row in conn.execute("PRAGMA table_info(page)")]
        assert conn.merge_branch("repair", strategy="theirs", dry_run=True).schema
        report = conn.merge_branch("repair", strategy="theirs")
        assert "add column page.reviewed" in report.schema
    assert base.ask("SELECT body, reviewed, secret FROM page WHERE id IN (7, 8, 200) ORDER BY id") == [
        ("about number 7, as it was", 0, f"{SECRET} 7"),
        ("nothing", 0, "a new combination"),
        ("main went on", 1, f"{SECRET} 200"),
    ]
    assert base.ask(NEAREST, (embedding(1000),))[0] == (1000,)
    assert base.ask(NEAREST, (embedding(7),)) == exact
    assert base.ask("SELECT count(*) FROM page WHERE id = 1000 AS OF ?", (yesterday,)) == [(0,)]
    with closing(base.open()) as conn:
        assert len(conn.history("page", 200)) == 3  # as it was made, as main went on, as it was merged
        assert conn.explain_vector(NEAREST, (embedding(7),)).path == "index"

    # -- somebody empties the table; audited by a PostgreSQL client, which knows the time and the name --
    merged = base.moment()
    with closing(base.open(time_travel_user="bob")) as conn:
        conn.execute("DELETE FROM page WHERE id > 20")
        conn.commit()
    with (
        heliosdb_sqlite.start_server(base.path, port=0, **OPTIONS) as server,
        closing(psycopg2.connect(server.url)) as client,
    ):
        cursor = client.cursor()
        cursor.execute("SELECT count(*), max(id) FROM page")
        assert cursor.fetchone() == (20, 20)
        cursor.execute("SELECT system_user FROM page FOR SYSTEM_TIME ALL WHERE id = 20 ORDER BY system_time")
        assert [user for (user,) in cursor.fetchall()] == ["ann", "bob"]
        cursor.execute("SELECT body FROM page WHERE id = 20 AS OF TIMESTAMP %s", (yesterday.isoformat(),))
        assert cursor.fetchone() == ("about number 20",)
        cursor.execute("SELECT id FROM page ORDER BY embedding <=> %s LIMIT 1", (str(embedding(15)),))
        assert cursor.fetchone() == (15,)
        audit = "SELECT title, secret FROM page WHERE id = 150 AS OF TIMESTAMP '{}'"
        assert asked_by_psql(server.url, audit.format(merged.isoformat())) == f"page 150|{SECRET} 150"
        assert asked_by_psql(server.url, "SELECT count(*) FROM page WHERE id = 150") == "0"

    # -- restored: what went wrong is undone, what went right stays --
    with closing(base.open(time_travel_user="ann")) as conn:
        assert conn.restore("page", at=merged, dry_run=True).tables["page"].inserted == 181
        assert conn.execute("SELECT count(*) FROM page").fetchone() == (20,)
        assert conn.restore("page", at=merged).total == 181
        conn.execute(
            "UPDATE page SET body = old.body FROM page AS OF ? AS old WHERE old.id = page.id AND page.body = 'nothing'",
            (yesterday,),
        )
        conn.commit()
    assert base.ask("SELECT count(*), sum(reviewed) FROM page") == [(201, 51 - 1)]
    assert base.ask("SELECT count(*) FROM page WHERE body = 'nothing'") == [(0,)]
    assert base.ask(NEAREST, (embedding(7),)) == exact
    assert base.ask(HYBRID, ("number 199", embedding(199))) == [(199,)]

    # -- used by many at once, with a new key, and nothing of it readable in the files --
    with closing(base.open()) as conn:
        with pytest.raises(sqlite3.OperationalError, match="merge 'repair' and delete them first"):
            conn.rekey(b"n" * 32)
        conn.delete_branch("repair")
        conn.rekey(b"n" * 32)
    options = {**OPTIONS, "encryption_key": b"n" * 32}
    pool = connection_pool.create(base.path, pool_size=2, **options)
    with pool.connection() as one, pool.connection() as other, one:
        one.execute("UPDATE page SET title = 'seven' WHERE id = 7")
        assert other.execute("SELECT title FROM page WHERE id = 7").fetchone() == ("page 7",)
    with pool.connection() as one:
        assert one.execute("SELECT title FROM page WHERE id = 7").fetchone() == ("seven",)
        assert one.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    pool.close()
    for file in base.path.parent.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for text in (b"combination", b"about number", b"main went on", b"CREATE TABLE"):
                assert text not in content, f"{file.name} shows {text!r}"
