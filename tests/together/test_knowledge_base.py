"""One long story with every feature: an encrypted, versioned knowledge base with embeddings, and what happens to it."""

from __future__ import annotations

import math
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

    # -- a branch from yesterday, migrated --
    with closing(base.open()) as conn:
        conn.create_branch("repair", as_of=yesterday)
    assert base.ask("SELECT body FROM page WHERE id = 7", branch="repair") == [("about number 7",)]
    assert base.ask(NEAREST, (embedding(7),), branch="repair")[0] == (7,)

    # -- another one from today, on which the schema changes; main goes on meanwhile --
    with closing(base.open()) as conn:
        conn.create_branch("migration")
    with closing(base.open(branch="migration", time_travel_user="carla")) as branch:
        branch.execute("ALTER TABLE page ADD COLUMN reviewed INTEGER DEFAULT 0")
        branch.execute("UPDATE page SET reviewed = 1 WHERE id > 150")
        branch.execute(
            "INSERT INTO page (id, title, body, secret, embedding) VALUES (1000, 'new', 'fresh', ?, ?)",
            ("no secret", embedding(1000)),
        )
        branch.commit()
    with closing(base.open(time_travel_user="ann")) as conn:
        conn.execute("UPDATE page SET body = 'main went on' WHERE id = 200")
        conn.commit()
        assert conn.merge_branch("migration", dry_run=True).schema
        report = conn.merge_branch("migration")
        assert "add column page.reviewed" in report.schema
    assert base.ask("SELECT body, reviewed, secret FROM page WHERE id = 200") == [
        ("main went on", 1, f"{SECRET} 200")
    ]
    assert base.ask(NEAREST, (embedding(1000),))[0] == (1000,)
    assert base.ask("SELECT count(*) FROM page WHERE id = 1000 AS OF ?", (yesterday,)) == [(0,)]
    with closing(base.open()) as conn:
        assert len(conn.history("page", 200)) == 3  # as it was made, as main went on, as it was merged

    # -- audited by a PostgreSQL client, in SQL, at its own pace --
    with (
        heliosdb_sqlite.start_server(base.path, port=0, **{**OPTIONS, "concurrency": "wal"}) as server,
        closing(psycopg2.connect(server.url)) as client,
    ):
        cursor = client.cursor()
        cursor.execute("SELECT body FROM page WHERE id = 7")
        assert cursor.fetchall() == []
        cursor.execute("SELECT system_user FROM page FOR SYSTEM_TIME ALL WHERE id = 20 ORDER BY system_time")
        assert [user for (user,) in cursor.fetchall()][:2] == ["ann", "bob"]
        cursor.execute("SELECT body FROM page WHERE id = 20 AS OF TIMESTAMP %s", (yesterday.isoformat(),))
        assert cursor.fetchone() == ("about number 20",)
        cursor.execute("SELECT id FROM page ORDER BY embedding <=> %s LIMIT 1", (str(embedding(150)),))
        assert cursor.fetchone() == (150,)

    # -- restored: what went wrong is undone, what went right stays --
    with closing(base.open(time_travel_user="ann")) as conn:
        assert conn.restore("page", at=yesterday, dry_run=True).tables
        before = conn.execute("SELECT count(*) FROM page WHERE reviewed = 1").fetchone()
        assert before == (50,)
        row = conn.execute(
            "SELECT title, body, secret, embedding FROM page WHERE id = 7 AS OF ?", (yesterday,)
        ).fetchone()
        conn.execute("INSERT INTO page (id, title, body, secret, embedding) VALUES (7, ?, ?, ?, ?)", row)
        conn.execute(
            "UPDATE page SET body = old.body FROM page AS OF ? AS old WHERE old.id = page.id AND page.body = 'nothing'",
            (yesterday,),
        )
        conn.commit()
    assert base.ask("SELECT count(*) FROM page WHERE body = 'nothing'") == [(0,)]
    assert base.ask(NEAREST, (embedding(7),)) == exact

    # -- used by many at once, with a new key, and nothing of it readable in the files --
    with closing(base.open()) as conn:
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
