"""What is suggested for single statements."""

from __future__ import annotations

import pytest


def ends(*terms):
    """Return how a suggestion of an index of these terms, and no others, ends."""
    return f"{index(*terms)})"


def index(*terms, table="people"):
    """Return how a suggestion of an index that begins with these terms goes on behind its name."""
    return f'ON "{table}" ({", ".join(terms)}'


def test_an_index_for_a_comparison_with_its_measured_speedup(conn):
    conn.execute("SELECT note FROM people WHERE name = ?", ("n5",)).fetchall()
    (found,) = conn.get_query_suggestions()
    assert found.query == "SELECT note FROM people WHERE name = ?"
    assert found.current_plan == "SCAN people"
    assert found.suggested_index == 'CREATE INDEX "people_name" ON "people" ("name")'
    assert found.new_plan == "SEARCH people USING INDEX people_name (name=?)"
    assert found.measured and not found.estimated and found.notes == ()
    assert found.speedup_factor == pytest.approx(found.before_seconds / found.after_seconds, rel=0.1)
    assert found.speedup_factor > 1.2
    assert found.index_bytes > 10_000
    assert found.queries == (found.query,)


def test_what_is_suggested_can_be_run_and_is_used_and_is_not_suggested_again(conn):
    sql = "SELECT note FROM people WHERE country = ? AND born > ? ORDER BY born"
    conn.execute(sql, ("DE", "2005")).fetchall()
    (found,) = conn.get_query_suggestions()
    conn.executescript(found.suggested_index)
    (plan,) = (row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}", ("DE", "2005")))
    assert plan in found.new_plan
    assert conn.get_query_suggestions() == []


@pytest.mark.parametrize(
    ("sql", "parameters", "expected"),
    [
        ("SELECT note FROM people WHERE country = ? AND born = ?", ("DE", "1950"), [index('"country"', '"born"'), index('"born"')]),
        ("SELECT note FROM people WHERE born > ? AND country = ?", ("2005", "DE"), [index('"country"', '"born"'), index('"born"')]),
        ("SELECT note FROM people WHERE born BETWEEN ? AND ?", ("1950", "1951"), [index('"born"')]),
        ("SELECT note FROM people WHERE name IN (?, ?)", ("n1", "n2"), [index('"name"')]),
        ("SELECT note FROM people WHERE name IS ?", ("n1",), [index('"name"')]),
        ("SELECT * FROM people ORDER BY born DESC, name LIMIT 3", (), [index('"born" DESC', '"name"')]),
        ("SELECT * FROM people ORDER BY born DESC LIMIT 3", (), [index('"born"')]),
        ("SELECT id, name FROM people ORDER BY 2 LIMIT 3", (), [index('"name"')]),
        ("SELECT max(born) FROM people", (), [index('"born"')]),
        ("SELECT note FROM people WHERE email = ?", ("e77@x.org",), [index('"email"')]),
        ("SELECT note FROM people WHERE name = ? COLLATE NOCASE", ("N77",), [index('"name" COLLATE NOCASE')]),
        ("SELECT note FROM people WHERE name LIKE 'n77%'", (), [index('"name" COLLATE NOCASE')]),
        ("SELECT note FROM people WHERE name GLOB 'n77*'", (), [index('"name"')]),
        ("SELECT note FROM people WHERE upper(name) = ?", ("N77",), [index('(UPPER("name"))')]),
        ("SELECT note FROM people WHERE name = :name", {"name": "n7"}, [index('"name"')]),
        ("SELECT note FROM people WHERE name = ?2 AND 1 = ?1", {"1": 1, "2": "n7"}, [index('"name"')]),
        ("SELECT note FROM (SELECT name AS who, note FROM people) WHERE who = ?", ("n7",), [index('"name"')]),
        ("WITH them AS (SELECT * FROM people) SELECT note FROM them WHERE name = ?", ("n7",), [index('"name"')]),
        ("SELECT note FROM people UNION ALL SELECT page FROM visits WHERE day = ? AND page = ?", ("2024-01", "/1"), []),
        ("UPDATE people SET note = 'seen' WHERE name = ?", ("n7",), [index('"name"')]),
        ("REPLACE INTO visits (id, page) SELECT id + 90000, note FROM people WHERE name = ?", ("n7",), [index('"name"')]),
        ("DELETE FROM people WHERE name = ?", ("n7",), [index('"name"')]),
        ('SELECT p."note" FROM main.people AS p WHERE p."name" = \'n7\'', (), [index('"name"')]),
    ],
)  # fmt: skip
def test_candidates_come_from_the_statement(suggested, sql, parameters, expected):
    found = suggested(sql, parameters)
    if expected:
        (only,) = found
        assert any(each in only for each in expected)
    else:
        assert all("people" not in each for each in found)


def test_a_join_gets_what_both_its_sides_need(suggested):
    (found,) = suggested(
        "SELECT p.note, sum(v.seconds) FROM people p JOIN visits v ON v.person = p.id WHERE p.name = ?",
        ("n7",),
    )
    assert index('"name"') in found
    assert 'ON "visits" ("person"' in found


def test_both_sides_of_an_or(suggested):
    (found,) = suggested("SELECT note FROM people WHERE name = ? OR email = ?", ("n7", "e9@x.org"))
    assert index('"name"') in found
    assert index('"email"') in found


def test_a_correlated_subquery(suggested):
    (found,) = suggested(
        "SELECT name FROM people p WHERE p.id < 50 AND EXISTS (SELECT 1 FROM visits v WHERE v.person = p.id AND v.page = '/7')"
    )
    assert 'ON "visits"' in found and '"person"' in found


def test_views_are_looked_through(conn, suggested):
    conn.execute("CREATE VIEW adults AS SELECT name AS who, note FROM people WHERE born < '2006'")
    (found,) = suggested("SELECT note FROM adults WHERE who = ?", ("n7",))
    assert 'ON "people" ("name"' in found


def test_a_covering_index_where_it_is_worth_its_columns(suggested):
    (found,) = suggested("SELECT country, sum(active) FROM people GROUP BY country")
    assert found.endswith(ends('"country"', '"active"'))


def test_no_covering_index_where_the_narrow_one_does_as_well(suggested):
    (found,) = suggested("SELECT note, born FROM people WHERE name = ?", ("n7",))
    assert found.endswith(ends('"name"'))


def test_one_index_for_all_who_can_use_it(conn):
    conn.execute("SELECT note FROM people WHERE name = ?", ("n7",)).fetchall()
    conn.execute("SELECT note FROM people WHERE name = ? AND born = '1950' ORDER BY born", ("n8",)).fetchall()
    conn.execute("SELECT count(*) FROM people WHERE name = 'n9'").fetchall()
    (found,) = conn.get_query_suggestions()
    assert len(found.queries) == 3


def test_the_parameters_decide(conn):
    """Three quarters of the rows are active: the planner would take an index that is slower than none."""
    conn.execute("SELECT note FROM people WHERE active = ?", (1,)).fetchall()
    assert conn.get_query_suggestions() == []


@pytest.mark.parametrize(
    "existing",
    [
        "CREATE INDEX i ON people (name)",
        "CREATE INDEX i ON people (name, born)",
        "CREATE UNIQUE INDEX i ON people (name, id)",
    ],
)
def test_what_is_there_is_not_suggested(conn, suggested, existing):
    conn.execute(existing)
    assert suggested("SELECT note FROM people WHERE name = ?", ("n7",)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT note FROM people WHERE id = 7",
        "SELECT note FROM people WHERE rowid > 11990",
        "SELECT * FROM people",
        "SELECT note FROM people WHERE name LIKE '%7%'",
        "SELECT note FROM people WHERE note <> ''",
        "SELECT 1",
        "VALUES (1, 2)",
        "INSERT INTO visits (person) VALUES (1)",
    ],
)
def test_nothing_for_what_no_index_helps(suggested, sql):
    assert suggested(sql) == []


def test_an_index_that_it_makes_superfluous_is_named(conn):
    conn.execute("CREATE INDEX by_country ON people (country)")
    conn.execute("SELECT note FROM people WHERE country = 'DE' ORDER BY name LIMIT 5").fetchall()
    (found,) = conn.get_query_suggestions()
    assert found.suggested_index.endswith(ends('"country"', '"name"'))
    assert found.replaces == ("by_country",)


def test_a_name_that_is_taken_is_not_used(conn):
    conn.execute("CREATE TABLE people_name (x)")
    conn.execute("SELECT note FROM people WHERE name = ?", ("n7",)).fetchall()
    (found,) = conn.get_query_suggestions()
    assert found.suggested_index.startswith('CREATE INDEX "people_name_2" ')


def test_odd_names(conn, load, suggested):
    load(
        'CREATE TABLE "my ""odd"" table" ("group" TEXT, "a;b" TEXT, rowid TEXT, _rowid_ INTEGER)',
        'INSERT INTO "my ""odd"" table" VALUES (?, ?, ?, 1)',
        [(f"g{n}", "b", "c") for n in range(9000)],
    )
    (found,) = suggested('SELECT "a;b" FROM "my ""odd"" table" WHERE "group" = ?', ("g7",))
    conn.execute(found)
    assert found.endswith('ON "my ""odd"" table" ("group")')


def test_tables_without_rowid_and_generated_columns(load, suggested):
    load(
        """CREATE TABLE kv (a TEXT, b INTEGER, v TEXT, w TEXT AS (v || '!') STORED, PRIMARY KEY (a, b)) WITHOUT ROWID;
        CREATE TABLE d (k INTEGER PRIMARY KEY DESC, v TEXT);""",
        "INSERT INTO kv (a, b, v) VALUES (?, ?, ?)",
        [(str(n), n, f"v{n}") for n in range(9000)],
    )
    (found,) = suggested("SELECT a FROM kv WHERE w = ?", ("v7!",))
    assert found.endswith('ON "kv" ("w")')
    assert suggested("SELECT v FROM kv WHERE a = ? AND b > ?", ("7", 0)) == [found]


def test_attached_and_temporary_tables(conn, load, tmp_path):
    conn.execute("ATTACH ? AS more", (str(tmp_path / "more.db"),))
    for table in ("more.t", "temp.u"):
        load(
            f"CREATE TABLE {table} (a, b)",
            f"INSERT INTO {table} VALUES (?, ?)",
            [(n, n) for n in range(9000)],
        )
        conn.execute(f"SELECT b FROM {table} WHERE a = ?", (7,)).fetchall()
    found = {each.suggested_index for each in conn.get_query_suggestions()}
    assert found == {'CREATE INDEX "more"."t_a" ON "t" ("a")', 'CREATE INDEX "temp"."u_a" ON "u" ("a")'}
    conn.executescript("; ".join(found))


def test_statistics_are_asked_for_where_they_decide(conn):
    """Without ANALYZE SQLite prefers the index that is there."""
    conn.execute("CREATE INDEX by_all ON people (country, active)")
    conn.execute("SELECT note FROM people WHERE country = 'DE' AND active = 1 AND name > 'n99998'").fetchall()
    (found,) = conn.get_query_suggestions()
    conn.executescript(found.suggested_index)
    assert "name" in found.suggested_index
