"""Foreign keys of every kind hold after a merge, whichever side broke them."""

from __future__ import annotations

import pytest

from heliosdb_branching import MergeConflict


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


CASES = {
    "a parent that compares without case": (
        (
            "CREATE TABLE p (k TEXT COLLATE NOCASE PRIMARY KEY); CREATE TABLE c (r TEXT REFERENCES p (k));"
            " INSERT INTO p VALUES ('A'), ('B')"
        ),
        "DELETE FROM p WHERE k = 'A'",
        "INSERT INTO c VALUES ('a')",
        "rows of c still refer to it",
    ),
    "a part of a key": (
        (
            "CREATE TABLE p (a, b, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1), (1, 2);"
            "CREATE TABLE c (a, b, FOREIGN KEY (a, b) REFERENCES p (a, b))"
        ),
        "UPDATE p SET b = 3 WHERE b = 2",
        "INSERT INTO c VALUES (1, 2)",
        "rows of c still refer to it",
    ),
    "the table itself": (
        "CREATE TABLE p (id INTEGER PRIMARY KEY, up REFERENCES p (ID)); INSERT INTO p VALUES (1, NULL), (2, 1)",
        "INSERT INTO p VALUES (3, 2)",
        "DELETE FROM p WHERE id = 2",
        "it refers to a row that p does not have",
    ),
    "a generated column": (
        (
            "CREATE TABLE p (k INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (2);"
            "CREATE TABLE c (x, r INTEGER AS (x + 1) STORED REFERENCES P (K))"
        ),
        "INSERT INTO c VALUES (0), (1)",
        "DELETE FROM p WHERE k = 2",
        "it refers to a row that P does not have",
    ),
    "a computed parent": (
        (
            "CREATE TABLE p (x, k AS (x + 1) STORED UNIQUE); INSERT INTO p VALUES (1), (2);"
            "CREATE TABLE c (id INTEGER PRIMARY KEY, r REFERENCES p (k))"
        ),
        "UPDATE p SET x = 5 WHERE x = 1",
        "INSERT INTO c VALUES (1, 2)",
        "it refers to a row that p does not have",
    ),
    "a parent that was dropped": (
        (
            "CREATE TABLE p (k INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);"
            "CREATE TABLE c (id INTEGER PRIMARY KEY, r REFERENCES p (k))"
        ),
        "INSERT INTO c VALUES (1, 1), (2, NULL)",
        "DROP TABLE p",
        "it refers to a row that p does not have",
    ),
}


@pytest.mark.parametrize(("schema", "theirs", "ours", "reason"), CASES.values(), ids=CASES)
def test_a_reference_that_a_merge_would_break_is_a_conflict(main, on, schema, theirs, ours, reason):
    main.executescript(schema)
    main.create_branch("b")
    write(on("b"), theirs)
    write(main, ours)
    with pytest.raises(MergeConflict) as raised:
        main.merge_branch("b")
    assert [each.reason for each in raised.value.conflicts] == [reason]


def test_an_undo_that_would_break_a_reference_is_a_conflict(main, on, rows):
    main.executescript("CREATE TABLE p (k PRIMARY KEY); CREATE TABLE c (r REFERENCES p (k))")
    main.create_branch("b")
    write(on("b"), "INSERT INTO p VALUES (1)")
    main.merge_branch("b")
    write(main, "INSERT INTO c VALUES (1)")
    with pytest.raises(MergeConflict, match="rows of c still refer to it"):
        main.undo_merge("b")
    assert rows(main, "SELECT * FROM p") == [(1,)]


def test_a_reference_to_a_table_that_was_never_there_is_none(main, on, rows):
    main.execute("CREATE TABLE c (id INTEGER PRIMARY KEY, r REFERENCES nowhere (k))")
    main.create_branch("b")
    write(on("b"), "INSERT INTO c VALUES (1, 5)")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM c") == [(1, 5)]
