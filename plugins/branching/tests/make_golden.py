"""Makes golden/: run once, by hand, when the format gets another number."""

from __future__ import annotations

import shutil
from pathlib import Path

import heliosdb_sqlite

FOLDER = Path(__file__).with_name("golden")


def run(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    conn = heliosdb_sqlite.connect(FOLDER / "shop.db")
    run(conn, "CREATE TABLE fruit (id INTEGER PRIMARY KEY, name TEXT, price)", "CREATE TABLE note (text)")
    run(conn, "INSERT INTO fruit VALUES (1, 'apple', 1.5), (2, 'pear', 2.5), (3, 'fig', 0.5)")
    run(conn, "INSERT INTO note VALUES ('a'), ('b')")
    conn.create_branch("spring")
    spring = heliosdb_sqlite.connect(FOLDER / "shop.db", branch="spring")
    run(spring, "UPDATE fruit SET price = 9.0 WHERE id = 1", "DELETE FROM fruit WHERE id = 2")
    run(spring, "UPDATE fruit SET name = 'Apple' WHERE id = 1")
    run(conn, "INSERT INTO fruit VALUES (4, 'main''s', 4.0)")
    conn.merge_branch("spring")
    run(
        spring,
        "ALTER TABLE fruit RENAME COLUMN price TO cost",
        "UPDATE fruit SET cost = x'00ff' WHERE id = 3",
    )
    conn.create_branch("late spring", from_branch="spring")
    late = heliosdb_sqlite.connect(FOLDER / "shop.db", branch="late spring")
    run(late, "INSERT INTO fruit (id, name) VALUES (5, 'late')")
    for each in (late, spring, conn):
        each.close()
    for lock in FOLDER.rglob("*.lock"):
        lock.unlink()


if __name__ == "__main__":
    main()
