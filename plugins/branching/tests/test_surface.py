"""Branches in SQL and on the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import heliosdb_sqlite
from heliosdb_sqlite.capabilities import capabilities
from heliosdb_sqlite.cli.app import build


@pytest.fixture
def conn(main, on):
    """A connection that understands SQL about branches."""
    return on("main")


def columns(cursor):
    return [column[0] for column in cursor.description]


def test_a_branch_from_begin_to_end_in_sql(conn, on, rows):
    cursor = conn.execute("CREATE BRANCH trial")
    assert columns(cursor)[:5] == ["name", "parent", "created_at", "divergence_point", "state"]
    assert cursor.fetchone()[:2] == ("trial", "main")
    branch = on("trial")
    branch.execute("UPDATE fruit SET price = 9 WHERE id = 1")
    branch.commit()
    assert [row[0] for row in conn.execute("SHOW BRANCHES")] == ["main", "trial"]
    merged = conn.execute("MERGE BRANCH trial INTO main STRATEGY theirs DRY RUN")
    assert dict(zip(columns(merged), merged.fetchone(), strict=True))["rows_changed"] == 1
    assert conn.execute("merge branch trial").fetchone()[:2] == ("trial", "main")
    assert rows(conn)[0][2] == 9.0
    branch.close()
    assert conn.execute("DROP BRANCH trial").fetchall() == [("trial",)]
    assert rows(conn, "SHOW BRANCHES")[1:] == []


@pytest.mark.parametrize("name", ['"odd ""name"""', "'odd \"name\"'", '[odd "name"]', "?", ":name"])
def test_names_are_identifiers_strings_or_parameters(conn, name):
    values = {"?": ('odd "name"',), ":name": {"name": 'odd "name"'}}.get(name, ())
    assert conn.execute(f"CREATE BRANCH {name} -- with a comment\n;", values).fetchone()[0] == 'odd "name"'
    assert conn.execute(f"CREATE BRANCH IF NOT EXISTS {name}", values).fetchone()[0] == 'odd "name"'
    assert conn.execute(f"CREATE BRANCH child FROM {name}", values).fetchone()[1] == 'odd "name"'
    assert conn.execute(f"DROP BRANCH {name}", values).fetchone()[0] == 'odd "name"'
    gone = conn.execute(f"DROP BRANCH IF EXISTS {name}", values)
    assert (columns(gone), gone.fetchall()) == (["name"], [])


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE BRANCH", "CREATE BRANCH a b", "CREATE BRANCH a FROM", "CREATE BRANCH a AS OF", "CREATE BRANCH 5",
        "MERGE BRANCH", "MERGE BRANCH a TO b", "DROP BRANCH", "DROP BRANCH a, b", "SHOW BRANCHES LIKE 'a'",
    ],
)  # fmt: skip
def test_what_is_no_statement_about_branches(conn, sql):
    with pytest.raises(heliosdb_sqlite.OperationalError, match=r"near .*: syntax error: it is [A-Z]+ BRANCH"):
        conn.execute(sql)


def test_errors_say_what_the_methods_say(conn, on):
    with pytest.raises(heliosdb_sqlite.OperationalError, match="no such branch: 'nope'"):
        conn.execute("MERGE BRANCH nope")
    conn.execute("CREATE BRANCH b")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="there is a branch 'b' already"):
        conn.execute("CREATE BRANCH b")
    branch = on("b")
    for connection in (conn, branch):
        connection.execute(
            "UPDATE fruit SET price = ?", (len(connection.execute("SHOW BRANCHES").fetchall()),)
        )
    branch.execute("UPDATE fruit SET price = 77")
    branch.commit()
    conn.commit()
    with pytest.raises(heliosdb_sqlite.OperationalError, match="3 conflicts: ") as caught:
        conn.execute("MERGE BRANCH b")
    assert len(caught.value.conflicts) == 3
    conn.execute("DELETE FROM fruit")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="commit or roll back first"):
        conn.execute("CREATE BRANCH c")
    conn.rollback()


def test_unfinished_queries_are_in_no_way(conn, on, rows, journal):
    conn.execute(f"PRAGMA journal_mode = {journal}")
    conn.execute("CREATE BRANCH b")
    branch = on("b")
    branch.execute("DELETE FROM fruit")
    branch.commit()
    reading = conn.execute("SELECT * FROM fruit")
    reading.fetchone()
    conn.execute("MERGE BRANCH b")
    assert len(reading.fetchall()) <= 2
    assert rows(conn) == []


def test_a_script(conn, rows):
    conn.executescript("CREATE BRANCH a; CREATE BRANCH b FROM a; DROP BRANCH a;")
    assert [row[0] for row in rows(conn, "SHOW BRANCHES")] == ["main", "b"]


@pytest.mark.parametrize(
    "sql", ["SELECT 'CREATE BRANCH x'", "SELECT 1 AS branch", 'SELECT 1 AS "SHOW BRANCHES"']
)
def test_what_only_looks_like_it(conn, sql):
    assert len(conn.execute(sql).fetchall()) == 1


def test_a_plain_connection_says_how_to_switch_it_on(main):
    with pytest.raises(
        heliosdb_sqlite.OperationalError,
        match=r"needs the branching plugin switched on: connect\(\.\.\., branch",
    ):
        main.execute("CREATE BRANCH b")


# ---- the command line ----


@pytest.fixture
def heliosdb(path):
    def run(command, *arguments, fails=False):
        result = CliRunner().invoke(
            build(), ["branch", command, str(path), *arguments], env={"COLUMNS": "120"}
        )
        assert (result.exit_code != 0) is fails, result.output
        return result.output

    return run


def test_a_branch_from_begin_to_end_on_the_command_line(main, on, heliosdb, rows):
    assert "branch trial made from main" in heliosdb("create", "trial")
    heliosdb("create", "child", "--from", "trial")
    tree = heliosdb("list")
    assert tree.index("main") < tree.index("trial") < tree.index("child")
    branch = on("trial")
    branch.execute("UPDATE fruit SET price = 9 WHERE id = 1")
    branch.execute("CREATE INDEX names ON fruit (name)")
    branch.commit()
    assert "open" in heliosdb("list")
    shown = heliosdb("diff", "main", "trial")
    assert "create index names" in shown
    assert "~ 1  price: 1.5 -> 9.0" in shown
    assert 'UPDATE "fruit" SET "price" = 9.0 WHERE "id" = 1;' in heliosdb("diff", "main", "trial", "--sql")
    assert (
        json.loads(heliosdb("diff", "main", "trial", "--json", "--full"))["tables"]["fruit"]["changed"] == 1
    )
    assert "would change 1 row of main" in heliosdb("merge", "trial", "--dry-run")
    assert "changed 1 row of main" in heliosdb("merge", "trial")
    assert rows(main)[0][2] == 9.0
    assert "is undone" in heliosdb("undo", "trial")
    assert rows(main)[0][2] == 1.5
    branch.close()
    assert "deleted" in heliosdb("delete", "child", "trial")
    assert "no differences" in heliosdb("diff", "main", "main")


def test_conflicts_are_shown_in_a_table(main, branch, heliosdb, rows):
    for connection, price in ((main, 2), (branch, 3)):
        connection.execute("UPDATE fruit SET price = ?", (price,))
        connection.commit()
    shown = heliosdb("merge", "b", fails=True)
    assert "conflicts" in shown
    assert "main was left as it is: choose a strategy" in shown
    heliosdb("merge", "b", "--strategy", "theirs", "--renumber", "--into", "main")
    assert rows(main)[0][2] == 3.0


def test_names_from_a_database_can_not_play_tricks_on_a_terminal(main, on, heliosdb):
    main.execute('CREATE TABLE "\x1b[31m[bold]t" (a PRIMARY KEY)')
    main.create_branch("[red]x")
    branch = on("[red]x")
    branch.execute('INSERT INTO "\x1b[31m[bold]t" VALUES (?)', ("\x1b]0;\x07",))
    branch.commit()
    for output in (heliosdb("list"), heliosdb("diff", "main", "[red]x"), heliosdb("merge", "[red]x")):
        assert "\x1b]" not in output
        assert "\x1b[31m[bold]" not in output
    assert "[red]x" in heliosdb("list")


def test_errors_are_one_line(heliosdb, main, monkeypatch):
    assert heliosdb("delete", "nope", fails=True).startswith("Error: no such branch: 'nope'")
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    said = heliosdb("list", "--key-env", "NO_SUCH_KEY", fails=True)
    assert "the environment variable NO_SUCH_KEY is not set" in said


def test_facts_about_this_machine(tmp_path):
    (found,) = [each for each in capabilities(tmp_path) if each.name == "shared blocks"]
    assert found.value in ("yes", "no")
    assert found.consequence
    assert list(tmp_path.iterdir()) == []


def test_the_commands_are_listed():
    said = CliRunner().invoke(build(), ["branch", "--help"]).output
    assert all(f"  {command}" in said for command in ("list", "create", "diff", "merge", "delete", "undo"))


@pytest.mark.parametrize(
    ("options", "said"), [(["--rows", "-1"], "x>=0"), (["--sql", "--json"], "give --sql or --json, not both")]
)
def test_a_comparison_refuses_what_it_can_not_print(path, main, options, said):
    done = CliRunner().invoke(build(), ["branch", "diff", *options, str(path), "main", "main"])
    assert done.exit_code == 2
    assert said in done.output
