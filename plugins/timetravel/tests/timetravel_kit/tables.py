"""Tables of every kind that can keep a history, each with statements that do all that SQLite can do to a row."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

CONFLICTS = ("", "OR REPLACE ", "OR IGNORE ", "OR FAIL ", "OR ABORT ", "OR ROLLBACK ")


@dataclass(frozen=True)
class Kind:
    """A table, and what goes on in it."""

    name: str
    setup: str
    columns: tuple[str, ...]  # that can be written
    key: tuple[str, ...]
    values: tuple[object, ...] = (0, 1, 2, 3, "a", "A", "b", None)
    table: str = "t"
    upsert: str = ""
    more: tuple[str, ...] = ()  # statements of this table's own
    rowid: bool = True
    also: tuple[str, ...] = ()  # tables that change with it

    def statement(self, random: Random) -> tuple[str, list[object]]:
        """Return a statement that may change rows, or be refused."""

        def value() -> object:
            return random.choice(self.values)

        def conflict() -> str:
            return random.choice(CONFLICTS)

        some = random.sample(self.columns, random.randint(1, len(self.columns)))
        kind = random.randint(0, 11)
        if self.more and kind == 0:
            return random.choice(self.more), []
        if kind <= 3:
            marks = ", ".join("?" for _ in self.columns)
            return (
                f"INSERT {conflict()}INTO {self.table} ({', '.join(self.columns)}) VALUES ({marks})",
                [value() for _ in self.columns],
            )
        if kind == 4:
            rows = random.randint(2, 4)
            marks = ", ".join(f"({', '.join('?' for _ in self.columns)})" for _ in range(rows))
            return (
                f"INSERT {conflict()}INTO {self.table} ({', '.join(self.columns)}) VALUES {marks}",
                [value() for _ in range(rows) for _ in self.columns],
            )
        if kind == 5 and self.upsert:
            marks = ", ".join("?" for _ in self.columns)
            return (
                f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES ({marks}) {self.upsert}",
                [value() for _ in self.columns],
            )
        if kind <= 8:
            sets = ", ".join(f"{column} = ?" for column in some)
            where = f"WHERE {random.choice(self.columns)} = ?" if random.random() < 0.8 else "WHERE 1 OR ?"
            return f"UPDATE {conflict()}{self.table} SET {sets} {where}", [value() for _ in some] + [value()]
        if kind == 9 and random.random() < 0.3:
            return f"DELETE FROM {self.table}", []
        if kind == 10:
            named = ", ".join(self.columns)
            return f"INSERT {conflict()}INTO {self.table} ({named}) SELECT {named} FROM {self.table}", []
        return f"DELETE FROM {self.table} WHERE {random.choice(self.columns)} = ?", [value()]


INTEGERS = (-1, 0, 1, 2, 3, 4)

KINDS = (
    Kind(
        "integer key",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE COLLATE NOCASE, b, c REAL DEFAULT 1.5);"
        "CREATE INDEX t_b ON t (b)",
        ("id", "a", "b", "c"),
        ("id",),
        (*INTEGERS, "a", "A", None, 1.0, b"a"),
        upsert="ON CONFLICT (id) DO UPDATE SET b = excluded.b, a = excluded.a",
        more=(
            "UPDATE t SET id = -id",
            "UPDATE t SET b = b",
            "UPDATE OR REPLACE t SET id = id + 1",
            "UPDATE OR REPLACE t SET rowid = rowid + 1 WHERE b",
            "UPDATE OR REPLACE t SET OID = 2 WHERE id = 1",
        ),
    ),
    Kind(
        "text key",
        "CREATE TABLE t (k TEXT PRIMARY KEY, a, b UNIQUE)",
        ("k", "a", "b"),
        ("k",),
        upsert="ON CONFLICT (k) DO UPDATE SET a = excluded.a",
        more=("UPDATE OR REPLACE t SET rowid = rowid + 1", "UPDATE t SET k = upper(k)"),
    ),
    Kind(
        "text key without case",
        "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, a)",
        ("k", "a"),
        ("k",),
        upsert="ON CONFLICT (k) DO UPDATE SET k = excluded.k, a = excluded.a",
        more=("UPDATE t SET k = upper(k)", "UPDATE t SET k = lower(k)"),
    ),
    Kind(
        "without rowid",
        "CREATE TABLE t (x, y TEXT, a DEFAULT 'd', b NOT NULL ON CONFLICT REPLACE DEFAULT 7, PRIMARY KEY (x, y)) "
        "WITHOUT ROWID; CREATE UNIQUE INDEX t_ab ON t (a, b)",
        ("x", "y", "a", "b"),
        ("x", "y"),
        upsert="ON CONFLICT (x, y) DO UPDATE SET a = excluded.a",
        rowid=False,
    ),
    Kind(
        "composite key with nulls",
        "CREATE TABLE t (x TEXT COLLATE NOCASE, y, a, PRIMARY KEY (x, y))",
        ("x", "y", "a"),
        ("x", "y"),
        upsert="ON CONFLICT (x, y) DO UPDATE SET a = excluded.a",
    ),
    Kind(
        "no key",
        "CREATE TABLE t (a, b TEXT)",
        ("a", "b"),
        (),
        more=(
            "UPDATE OR REPLACE t SET rowid = rowid + 1 WHERE rowid < 3",
            "INSERT OR REPLACE INTO t (rowid, a) VALUES (2, 5)",
        ),
    ),
    Kind(
        "strict, with generated columns",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a ANY, b INT, c INT GENERATED ALWAYS AS (b * 2) STORED UNIQUE, "
        "d TEXT AS (typeof(a))) STRICT",
        ("id", "a", "b"),
        ("id",),
        (*INTEGERS, 1.0, "1", None),
        upsert="ON CONFLICT (c) DO UPDATE SET a = excluded.a",
    ),
    Kind(
        "unique expressions",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c UNIQUE ON CONFLICT REPLACE);"
        "CREATE UNIQUE INDEX t_lower ON t (lower(a), b DESC); CREATE UNIQUE INDEX t_part ON t (b) WHERE b > 1",
        ("a", "b", "c"),
        ("id",),
        (*INTEGERS, "a", "A", "b", None),
    ),
    Kind(
        "parent of cascades",
        "PRAGMA foreign_keys = ON; CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE);"
        "CREATE TABLE child (n INTEGER PRIMARY KEY, t_id REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE,"
        " t_a REFERENCES t (a) ON DELETE SET NULL ON UPDATE SET DEFAULT)",
        ("id", "a"),
        ("id",),
        INTEGERS,
        more=(
            "INSERT OR IGNORE INTO child (t_id) SELECT id FROM t",
            "INSERT OR IGNORE INTO child (t_a) SELECT a FROM t",
            "DELETE FROM child WHERE n % 2",
        ),
        also=("child",),
    ),
    Kind(
        "with triggers of the user's",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b);"
        "CREATE TABLE log (what, id);"
        "CREATE TRIGGER more AFTER INSERT ON t WHEN NEW.id < 3 BEGIN "
        "INSERT OR IGNORE INTO t (id, a) VALUES (NEW.id + 3, NEW.b); UPDATE t SET b = 9 WHERE id = NEW.id; END;"
        "CREATE TRIGGER gone AFTER DELETE ON t BEGIN INSERT INTO log VALUES ('gone', OLD.id);"
        " DELETE FROM t WHERE a = OLD.b; END;"
        "CREATE TRIGGER never BEFORE UPDATE ON t WHEN NEW.b = 4 BEGIN SELECT RAISE(IGNORE); END",
        ("id", "a", "b"),
        ("id",),
        INTEGERS,
        upsert="ON CONFLICT (id) DO UPDATE SET b = excluded.b",
        also=("log",),
    ),
    Kind(
        "refers to itself",
        "PRAGMA foreign_keys = ON; CREATE TABLE t (id INT PRIMARY KEY, a UNIQUE REFERENCES t (b) ON DELETE CASCADE,"
        " b UNIQUE REFERENCES t ON DELETE SET NULL ON UPDATE CASCADE)",
        ("id", "a", "b"),
        ("id",),
        (*INTEGERS, None, None),
        upsert="ON CONFLICT DO UPDATE SET b = excluded.b",
        more=("UPDATE OR REPLACE t SET id = 1", "UPDATE OR REPLACE t SET id = b, b = id"),
    ),
    Kind(
        "with triggers before a row comes",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b UNIQUE);"
        "CREATE TRIGGER came BEFORE INSERT ON t BEGIN UPDATE OR IGNORE t SET b = id WHERE a = NEW.b;"
        " DELETE FROM t WHERE id = NEW.a AND b IS NULL; END;"
        "CREATE TRIGGER gone AFTER DELETE ON t BEGIN UPDATE OR REPLACE t SET a = OLD.b WHERE b = OLD.a; END",
        ("id", "a", "b"),
        ("id",),
        INTEGERS,
        upsert="ON CONFLICT (id) DO UPDATE SET a = excluded.a",
    ),
)
