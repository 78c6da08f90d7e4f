"""SQL that SQLite would accept and misunderstand is refused before it runs, whichever way it comes."""

from __future__ import annotations

import sqlite3

import pytest

from heliosdb_sqlite import MissingPlugin
from heliosdb_sqlite._catalogue import FEATURES, SILENT

WAYS = {
    "connection.execute": lambda connection, sql: connection.execute(sql),
    "connection.executemany": lambda connection, sql: connection.executemany(sql, [()]),
    "connection.executescript": lambda connection, sql: connection.executescript(sql),
    "cursor.execute": lambda connection, sql: connection.cursor().execute(sql),
    "cursor.executemany": lambda connection, sql: connection.cursor().executemany(sql, [()]),
    "cursor.executescript": lambda connection, sql: connection.cursor().executescript(sql),
    "a bare cursor": lambda connection, sql: connection.cursor(sqlite3.Cursor).execute(sql),
    "calling the connection": lambda connection, sql: connection(sql),
}
REFUSED = {
    "CREATE TABLE d (e VECTOR(3))": "column 'e' of table 'd' is declared VECTOR(3)",
    "CREATE TABLE d (e HALFVEC(3))": "column 'e' of table 'd' is declared HALFVEC(3)",
    "CREATE TABLE d (e TEXT ENCRYPTED)": "column 'e' of table 'd' is declared TEXT ENCRYPTED",
    "CREATE TABLE d (e TEXT ENCRYPTED DETERMINISTIC)": "declared TEXT ENCRYPTED DETERMINISTIC",
    "ALTER TABLE t ADD SYSTEM VERSIONING": "would give table 't' a column named SYSTEM",
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("sql", REFUSED)
def test_every_way_to_run_a_statement(connection, way, sql):
    with pytest.raises(MissingPlugin) as caught:
        way(connection, sql)

    assert REFUSED[sql] in str(caught.value)
    assert isinstance(caught.value, sqlite3.NotSupportedError)
    assert [row[:2] for row in connection.execute("SELECT name, sql FROM sqlite_master")] == [
        ("t", "CREATE TABLE t (a)")
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "create table d (id integer primary key, e vector(384) not null, x)",
        "CREATE TABLE IF NOT EXISTS main.d (e VECTOR (3))",
        "CREATE TEMP TABLE d (e Vector(3))",
        "CREATE TABLE d (\n  e VECTOR(3)  -- three dimensions\n)",
        "CREATE TABLE d (e /* ( */ VECTOR /* , */ ( 3 ) CHECK (length(e) = 12))",
        'CREATE TABLE "my table" ("my column" VECTOR(3))',
        "CREATE TABLE d (a DEFAULT (max(1, 2)), b CHECK (b IN (1, 2)), e VECTOR(3), PRIMARY KEY (a, b)) WITHOUT ROWID",
        "CREATE TABLE d (e VECTOR(3)) STRICT",
        "-- first\n;CREATE TABLE d (e VECTOR(3));",
        "ALTER TABLE t ADD e VECTOR(3)",
        "ALTER TABLE main.t ADD COLUMN e vector(3) DEFAULT NULL",
        "CREATE TABLE d (e ENCRYPTED)",
        "CREATE TABLE d (e ENCRYPTED TEXT)",
        "CREATE TABLE d (e encrypted varchar(20))",
        "ALTER TABLE t ADD COLUMN e BLOB encrypted NOT NULL DEFAULT x''",
        "alter table t add system versioning;",
        "ALTER TABLE main.[t] ADD /* all of it */ SYSTEM -- really\n VERSIONING",
        "ALTER TABLE t ADD SYSTEM VERSIONING WITH (90)",
        "ALTER TABLE t ADD SYSTEM VERSIONING WITH (history_retention = '90 days')",
    ],
)
def test_every_form_of_the_statement(connection, sql):
    with pytest.raises(MissingPlugin):
        connection.execute(sql)
    with pytest.raises(MissingPlugin):
        connection.executescript(sql)


def test_a_script_is_refused_before_any_of_it_runs(plain):
    plain.execute("INSERT INTO t VALUES (1)")
    script = """
        INSERT INTO t VALUES (2);
        CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; SELECT 'VECTOR(3);'; END;
        CREATE TABLE d (e VECTOR(3));
    """
    with pytest.raises(MissingPlugin):
        plain.executescript(script)

    assert plain.in_transaction  # nor was the open transaction committed
    assert plain.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_again_and_again(connection):
    for _ in range(3):
        with pytest.raises(MissingPlugin):
            connection.execute("CREATE TABLE d (e VECTOR(3))")


def test_each_word_that_means_something_else_to_sqlite_is_looked_for():
    types = {word for feature in FEATURES for word in feature.column_types + feature.sized_types}
    assert types | {"VERSIONING"} == set(SILENT)


@pytest.mark.alone
@pytest.mark.parametrize(
    ("sql", "name"), [("VECTOR(3)", "vector"), ("HALFVEC(3)", "vector"), ("TEXT ENCRYPTED", "crypto")]
)
def test_a_plugin_that_is_not_installed_is_named_with_the_command_that_installs_it(plain, sql, name):
    with pytest.raises(MissingPlugin) as caught:
        plain.execute(f"CREATE TABLE d (e {sql})")

    word = sql.split()[-1].partition("(")[0]
    assert str(caught.value) == (
        f"column 'e' of table 'd' is declared {sql}, which SQLite would accept and ignore: "
        f"{word} comes with the {name} plugin: pip install 'heliosdb[{name}]'"
    )


def test_a_plugin_that_is_not_switched_on_is_named_with_the_option_that_does_it(everything_installed, plain):
    for sql, way_out in {
        "CREATE TABLE d (e VECTOR(3))": "VECTOR needs the vector plugin switched on: connect(..., enable_vector_search=True)",
        "CREATE TABLE d (e TEXT ENCRYPTED)": "ENCRYPTED needs the crypto plugin switched on: connect(..., encryption_key=...)",
        "ALTER TABLE t ADD SYSTEM VERSIONING": "needs the timetravel plugin switched on: connect(..., enable_time_travel=True)",
    }.items():
        with pytest.raises(MissingPlugin) as caught:
            plain.execute(sql)
        assert str(caught.value).endswith(way_out)
