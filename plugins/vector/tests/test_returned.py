"""Which values come back as vectors: those of a VECTOR column, wherever the statement returns one."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered
from heliosdb_vector import Vector

ONE, TWO = [1.0, 2.0], [3.0, 4.0]


@pytest.fixture
def docs(conn):
    conn.executescript(
        """
        CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, embedding VECTOR(2), raw BLOB);
        CREATE TABLE "odd one" ("the ""vector"" of it" VECTOR(2), id INTEGER);
        CREATE TABLE plain (id INTEGER PRIMARY KEY, note TEXT, payload BLOB);
        CREATE VIEW titled AS SELECT title, embedding, raw FROM docs;
        CREATE VIEW renamed (a, b) AS SELECT embedding, id FROM docs;
        CREATE VIEW far AS SELECT b, a FROM renamed;
        CREATE VIEW moved AS SELECT id, vector_add(embedding, '[1, 1]') AS v FROM docs;
        CREATE TEMP VIEW temporary AS SELECT embedding FROM main.docs;
        """
    )
    blob = np.array(ONE, "f4").tobytes()
    conn.execute("INSERT INTO docs VALUES (1, 'a', ?, ?)", (ONE, blob))
    conn.execute("INSERT INTO docs VALUES (2, 'b', NULL, NULL)")
    conn.execute('INSERT INTO "odd one" VALUES (?, 1)', (TWO,))
    conn.execute("INSERT INTO plain VALUES (1, 'n', ?)", (blob,))
    conn.commit()
    return conn


def shape(cursor):
    """v for a vector, b for bytes, - for NULL, . for anything else, by column of the first row."""
    signs = {Vector: "v", bytes: "b", type(None): "-"}
    row = cursor.fetchone()
    cursor.close()
    return "".join(signs.get(type(value), ".") for value in row)


ODD = '"odd one"'
RECURSIVE = "WITH r(n, v, w) AS (SELECT 1, embedding, embedding FROM docs WHERE id = 1 UNION ALL"
V2 = '"the ""vector"" of it"'


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # the column itself
        ("SELECT embedding FROM docs", "v"),
        ("SELECT embedding, raw, id FROM docs", "vb."),
        ("SELECT raw AS embedding, embedding AS raw FROM docs", "bv"),
        ("SELECT EMBEDDING e FROM DOCS", "v"),
        ("SELECT docs.embedding, main.docs.embedding FROM main.docs", "vv"),
        ("SELECT d.embedding FROM docs AS d", "v"),
        ("SELECT [embedding], `embedding`, \"embedding\", 'embedding' FROM [docs]", "vvv."),
        (f"SELECT {V2} FROM {ODD}", "v"),
        (f"SELECT * FROM {ODD}", "v."),
        ("SELECT (embedding), +embedding FROM docs", "vv"),
        ("SELECT DISTINCT embedding FROM docs WHERE id = ?1 OR id = :b OR id = ?", "v"),
        ("SELECT embedding FROM docs /* SELECT raw */ -- FROM plain", "v"),
        # every column
        ("SELECT * FROM docs", "..vb"),
        ("SELECT docs.*, 1 FROM docs", "..vb."),
        ("SELECT rowid, *, * FROM docs", "...vb..vb"),
        # joins
        (f"SELECT * FROM docs JOIN {ODD} USING (id)", "..vbv"),
        (f"SELECT * FROM docs NATURAL JOIN {ODD}", "..vbv"),
        (f"SELECT * FROM docs d, {ODD} o WHERE d.id = o.id", "..vbv."),
        (f"SELECT o.*, d.raw FROM docs d LEFT JOIN {ODD} o ON d.id = o.id", "v.b"),
        ("SELECT p.payload, d.embedding, payload, embedding FROM plain p JOIN docs d ON d.id = p.id", "bvbv"),
        (f"SELECT * FROM (docs d JOIN {ODD} o ON d.id = o.id)", "..vbv."),
        ("SELECT e.value, d.embedding, e.* FROM docs d, json_each('[1]') e", ".v.....-.."),
        # subqueries
        ("SELECT * FROM (SELECT raw, embedding FROM docs)", "bv"),
        ("SELECT s.x FROM (SELECT embedding AS x FROM docs) AS s", "v"),
        ("SELECT (SELECT embedding FROM docs WHERE id = p.id), payload FROM plain p", "vb"),
        ("SELECT (SELECT d.embedding) FROM docs d", "v"),
        # common table expressions
        ("WITH c AS (SELECT * FROM docs) SELECT embedding, raw FROM c", "vb"),
        ("WITH c(a, b) AS MATERIALIZED (SELECT raw, embedding FROM docs) SELECT b, a FROM c", "vb"),
        ("WITH docs AS (SELECT raw AS embedding FROM main.docs) SELECT embedding FROM docs", "b"),
        ("WITH a AS (SELECT embedding e FROM docs), b AS (SELECT e FROM a) SELECT * FROM b", "v"),
        (f"{RECURSIVE} SELECT n + 1, v, w FROM r WHERE n < 3) SELECT v, w, n FROM r", "vv."),
        (
            f"{RECURSIVE} SELECT n + 1, raw, v FROM r JOIN docs ON id = 1 WHERE n < 3) SELECT v, w FROM r",
            "bb",
        ),
        # views
        ("SELECT * FROM titled", ".vb"),
        ("SELECT a, b FROM renamed", "v."),
        ("SELECT * FROM far WHERE b = 1", ".v"),
        ("SELECT v FROM moved", "v"),
        ("SELECT * FROM temporary", "v"),
        # compound
        ("SELECT embedding FROM docs UNION ALL SELECT embedding FROM docs", "v"),
        (f"SELECT embedding, id FROM docs WHERE id = 1 UNION SELECT {V2}, 1 FROM {ODD} ORDER BY 1", "v."),
        ("SELECT embedding FROM docs WHERE id = 1 UNION ALL SELECT NULL", "v"),
        ("SELECT embedding FROM docs WHERE id = 1 UNION ALL SELECT raw FROM docs", "b"),
        ("SELECT embedding FROM docs WHERE id = 1 INTERSECT SELECT embedding FROM docs", "v"),
        # expressions that pass a vector on
        ("SELECT coalesce(embedding, NULL), ifnull(NULL, embedding) FROM docs", "vv"),
        ("SELECT coalesce(embedding, raw), nullif(embedding, raw || 'x') FROM docs", "bv"),
        ("SELECT CASE WHEN id THEN embedding END, iif(id, embedding, raw) FROM docs", "vb"),
        (
            "SELECT max(embedding), min(embedding) FILTER (WHERE 1), min(embedding, embedding) FROM docs",
            "vvv",
        ),
        ("SELECT max(embedding), count(*), count(embedding) FROM docs", "v.."),
        (
            "SELECT first_value(embedding) OVER (ORDER BY id), lag(embedding, 0) OVER (ORDER BY id) FROM docs",
            "vv",
        ),
        # the functions
        ("SELECT vector('[1]'), vector_to_json('[1]'), vector_dims('[1]')", "v.."),
        ("SELECT VECTOR_ADD(embedding, '[1, 1]'), subvector(embedding, 1, 1) FROM docs", "vv"),
        ("SELECT vector_avg(embedding), vector_sum(embedding) AS s FROM docs", "vv"),
        ("SELECT v FROM (SELECT l2_normalize(embedding) AS v FROM docs)", "v"),
        # everything else is bytes
        ("SELECT payload FROM plain", "b"),
        ("SELECT raw FROM docs", "b"),
        ("SELECT CAST(embedding AS BLOB), hex(embedding) FROM docs", "b."),
        ("SELECT ?", "b"),
        ("SELECT substr(embedding, 1, 8), randomblob(8) FROM docs", "bb"),
    ],
)
def test_a_select(docs, query, expected):
    parameters = {"b": 1} if ":b" in query else (ONE,) if "?" in query else ()
    if ":b" in query:
        query = query.replace("?1", ":a").replace("= ?", "= :c")
        parameters = {"a": 1, "b": 1, "c": 1}
    assert shape(docs.execute(query, parameters)) == expected


@pytest.mark.filterwarnings("ignore:Binding:DeprecationWarning")  # CPython 3.12.1 takes ?1 for a name
def test_numbered_parameters_are_understood(docs):
    assert shape(docs.execute("SELECT embedding, ?2 FROM docs WHERE id = ?1", (1, b"1234"))) == "vb"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("INSERT INTO docs (embedding, raw) VALUES (?, ?) RETURNING *", ".-vb"),
        ("INSERT INTO main.docs AS d (embedding, raw) VALUES (?, ?) RETURNING embedding e, raw", "vb"),
        (
            "REPLACE INTO docs (embedding, raw) VALUES (?, ?) RETURNING embedding, replace(title, 'a', 'b')",
            "v-",
        ),
        (
            "WITH c AS (SELECT replace('b', 'b', 'c')) REPLACE INTO docs (embedding, raw) VALUES (?, ?) RETURNING embedding",
            "v",
        ),
        ("INSERT OR IGNORE INTO docs (embedding, raw) SELECT ?, ? RETURNING embedding, id", "v."),
        ("UPDATE docs SET embedding = ?, raw = ? WHERE id = 1 RETURNING docs.embedding, raw", "vb"),
        (
            "WITH c AS (SELECT 1 AS id) UPDATE docs SET embedding = ?, raw = ? WHERE id IN c RETURNING embedding",
            "v",
        ),
        (
            "DELETE FROM docs WHERE id = 1 AND (?, ?) <> (0, 0) RETURNING vector_scale(embedding, 2), raw, embedding",
            "vbv",
        ),
    ],
)
@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 35), reason="RETURNING came with SQLite 3.35")
def test_returning(docs, statement, expected):
    assert shape(docs.execute(statement, (ONE, b"12345678"))) == expected


def test_null_stays_none(docs):
    assert docs.execute("SELECT embedding FROM docs ORDER BY id").fetchall() == [(Vector(ONE),), (None,)]


def test_what_another_program_stored_beside_the_check_stays_what_it_is(file, plain, open_vector):
    plain.execute("CREATE TABLE t (v VECTOR(2))")  # without the CHECK
    values = [b"", b"1", b"1234", b"12345678", "text", 5, 1.5, None]
    plain.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
    plain.commit()
    found = [row[0] for row in open_vector(file).execute("SELECT v FROM t")]
    assert found == values
    assert [type(value) for value in found] == [bytes, bytes, bytes, Vector, str, int, float, type(None)]


def test_it_goes_back_in_as_it_came_out(docs):
    (vector,) = docs.execute("SELECT embedding FROM docs WHERE id = 1").fetchone()
    docs.execute("INSERT INTO docs (id, embedding) VALUES (7, ?)", (vector,))
    docs.execute("INSERT INTO docs (id, embedding) VALUES (8, :v)", {"v": vector})
    same = docs.execute("SELECT id FROM docs WHERE embedding = ? ORDER BY id", (vector,))
    assert same.fetchall() == [(1,), (7,), (8,)]
    assert docs.execute(
        "SELECT vector_distance(embedding, ?) FROM docs WHERE id = 7", (vector,)
    ).fetchone() == (0.0,)


# ---- other databases of the connection ----


def test_attached_and_temporary_tables(docs, tmp_path):
    docs.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
    docs.execute("CREATE TABLE other.far_away (v VECTOR(2), b BLOB)")
    docs.execute("CREATE VIEW other.seen AS SELECT b, v FROM far_away")
    docs.execute("INSERT INTO far_away VALUES (?, x'00')", (ONE,))
    assert shape(docs.execute("SELECT *, other.far_away.v FROM far_away")) == "vbv"
    assert shape(docs.execute("SELECT * FROM other.seen")) == "bv"
    docs.execute("CREATE TEMP TABLE far_away (b BLOB, v VECTOR(2))")
    docs.execute("INSERT INTO temp.far_away VALUES (x'00', ?)", (ONE,))
    assert shape(docs.execute("SELECT * FROM far_away")) == "bv"
    assert shape(docs.execute("SELECT * FROM other.seen")) == "bv"
    docs.execute("DROP TABLE temp.far_away")
    assert shape(docs.execute("SELECT * FROM far_away")) == "vb"


def test_tables_with_schema_names_in_their_queries(docs):
    docs.execute("CREATE TABLE temp.docs (embedding BLOB)")
    docs.execute("INSERT INTO temp.docs VALUES (x'0000000000000000')")
    assert shape(docs.execute("SELECT embedding FROM docs")) == "b"
    assert shape(docs.execute("SELECT embedding FROM main.docs")) == "v"
    assert (
        shape(docs.execute("SELECT main.docs.embedding, temp.docs.embedding FROM main.docs, temp.docs"))
        == "vb"
    )


# ---- a schema that changes ----


def test_one_text_follows_the_schema(docs):
    query = "SELECT * FROM docs"
    assert shape(docs.execute(query)) == "..vb"
    docs.execute("ALTER TABLE docs ADD COLUMN second VECTOR(2)")
    docs.execute("UPDATE docs SET second = ?", (TWO,))
    assert shape(docs.execute(query)) == "..vbv"
    docs.execute("ALTER TABLE docs RENAME TO old")
    docs.execute("CREATE TABLE docs (embedding BLOB, v VECTOR(2))")
    docs.execute("INSERT INTO docs VALUES (x'0000000000000000', ?)", (ONE,))
    assert shape(docs.execute(query)) == "bv"


def test_another_connections_changes_too(file, open_vector):
    here, there = open_vector(file), open_vector(file)
    there.execute("CREATE TABLE t (v VECTOR(2), b BLOB)")
    there.execute("INSERT INTO t VALUES (?, x'0000000000000000')", (ONE,))
    there.commit()
    assert shape(here.execute("SELECT * FROM t")) == "vb"
    here.commit()
    there.executescript("DROP TABLE t; CREATE TABLE t (b BLOB, v VECTOR(2));")
    there.execute("INSERT INTO t VALUES (x'0000000000000000', ?)", (ONE,))
    there.commit()
    assert shape(here.execute("SELECT * FROM t")) == "bv"


# ---- together with the rest of sqlite3 ----


def test_every_way_to_fetch(docs):
    query = "SELECT embedding FROM docs WHERE id = 1"
    assert [row[0] for row in docs.execute(query)] == [ONE]
    for fetch in ("fetchone", "fetchmany", "fetchall"):
        found = getattr(docs.execute(query), fetch)()
        vector = found[0] if fetch == "fetchone" else found[0][0]
        assert type(vector) is Vector and vector == ONE


def test_rows_by_name_and_other_factories(docs):
    query = "SELECT id, embedding FROM docs WHERE id = 1"
    docs.row_factory = sqlite3.Row
    row = docs.execute(query).fetchone()
    assert type(row) is sqlite3.Row and type(row["embedding"]) is Vector
    docs.row_factory = lambda cursor, row: dict(zip([d[0] for d in cursor.description], row, strict=True))
    assert docs.execute(query).fetchone() == {"id": 1, "embedding": Vector(ONE)}


def test_a_text_factory(docs):
    docs.text_factory = bytes
    assert docs.execute("SELECT title, embedding FROM docs WHERE id = 1").fetchone() == (b"a", Vector(ONE))
    assert docs.execute("SELECT * FROM plain").fetchone()[1] == b"n"
    assert docs.text_factory is bytes


def test_a_converter_registered_for_vector_columns_comes_first(open_vector):
    conn = open_vector(detect_types=sqlite3.PARSE_DECLTYPES)
    conn.execute("CREATE TABLE t (v VECTOR(2), day DATE)")
    conn.execute("INSERT INTO t VALUES (?, NULL)", (ONE,))
    assert shape(conn.execute("SELECT * FROM t")) == "v-"
    before = dict(sqlite3.converters)
    try:
        sqlite3.register_converter("vector", lambda blob: f"{len(blob)} bytes")
        conn.execute("SELECT 1")
        assert conn.execute("SELECT v, day FROM t").fetchone() == ("8 bytes", None)
    finally:
        sqlite3.converters.clear()
        sqlite3.converters.update(before)


def test_executemany_of_a_vector_query(docs):
    rows = docs.executemany(
        "SELECT embedding FROM docs WHERE vector_distance(embedding, ?, 'l2') < 1", [(ONE,), (TWO,), (ONE,)]
    ).fetchall()
    assert rows == [(Vector(ONE),), (Vector(ONE),)]


def test_a_dump_has_the_bytes(docs):
    docs.executescript("DROP VIEW temporary")
    script = "\n".join(docs.iterdump())
    copy = sqlite3.connect(":memory:")
    copy.create_function("vector_add", 2, lambda a, b: a)
    copy.executescript(script)
    assert copy.execute("SELECT embedding FROM docs WHERE id = 1").fetchone() == (Vector(ONE).tobytes(),)
    copy.close()


def test_a_backup_has_the_bytes(docs):
    copy = sqlite3.connect(":memory:")
    docs.backup(copy)
    assert copy.execute("SELECT embedding FROM docs WHERE id = 1").fetchone() == (Vector(ONE).tobytes(),)
    copy.close()


def test_the_description_is_sqlites(docs):
    cursor = docs.execute("SELECT embedding, embedding AS e, * FROM docs")
    assert [each[0] for each in cursor.description] == ["embedding", "e", "id", "title", "embedding", "raw"]


def test_a_statement_that_returns_no_vector_fetches_as_ever(docs):
    plain = type(docs.execute("SELECT 1"))
    assert type(docs.execute("SELECT * FROM plain")) is plain
    assert type(docs.execute("SELECT id, raw FROM docs")) is plain
    assert type(docs.execute("SELECT embedding FROM docs")) is not plain


def test_a_connection_without_the_plugin_reads_bytes(file, open_vector):
    conn = open_vector(file)
    conn.execute("CREATE TABLE t (v VECTOR(2))")
    conn.execute("INSERT INTO t VALUES (?)", (ONE,))
    conn.commit()
    other = heliosdb_sqlite.connect(file)
    assert other.execute("SELECT v FROM t").fetchone() == (Vector(ONE).tobytes(),)
    other.close()


def test_what_the_parser_can_not_read_returns_bytes(docs):
    assert shape(docs.execute("SELECT embedding, CAST(id AS some other type) FROM docs")) == "b."


def test_an_unreadable_database_is_sqlites_error_as_ever(tmp_path, open_vector):
    path = tmp_path / "no.db"
    path.write_bytes(b"no database at all" * 100)
    conn = open_vector(path)
    assert conn.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(sqlite3.DatabaseError, match="file is not a database"):
        conn.execute("SELECT * FROM t")
    with pytest.raises(sqlite3.DatabaseError, match="file is not a database"):
        conn.execute("SELECT vector_add(v, v) FROM t")


def test_a_locked_database_is_met_as_ever_and_the_text_is_looked_at_again(file, plain, open_vector):
    conn = open_vector(file, timeout=0)
    conn.execute("CREATE TABLE t (v VECTOR(2))")
    conn.execute("INSERT INTO t VALUES (?)", (ONE,))
    conn.commit()
    plain.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        conn.execute("SELECT * FROM t")
    plain.rollback()
    assert shape(conn.execute("SELECT * FROM t")) == "v"


class Earlier:
    """Another plugin, to which a table is known by another name; it comes before this one."""

    @hookimpl(tryfirst=True)
    def heliosdb_parse(self, statement):
        return statement.rewritten(statement.text.replace("LATEST DOCS", "docs"))


class Later:
    """The same, after this one."""

    @hookimpl(trylast=True)
    def heliosdb_parse(self, statement):
        return statement.rewritten(statement.text.replace("LATEST DOCS", "docs"))


@pytest.mark.parametrize("other", [Earlier, Later])
def test_what_another_plugin_makes_of_the_text_counts(open_vector, other):
    with registered(other()):
        conn = open_vector()
        conn.execute("CREATE TABLE docs (v VECTOR(2), b BLOB)")
        conn.execute("INSERT INTO docs VALUES (?, x'00')", (ONE,))
        assert shape(conn.execute("SELECT b, v FROM LATEST DOCS")) == "bv"
        assert shape(conn.execute("SELECT b FROM LATEST DOCS")) == "b"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id, vector_distance(embedding, ?) AS d FROM docs WHERE embedding IS NOT NULL ORDER BY d",
        "SELECT count(*), count(embedding), 2 * id FROM docs WHERE embedding NOTNULL OR vector_norm(embedding) * 2 > 1",
        "SELECT vector_distance(vector_add((SELECT embedding FROM docs), ?), d.embedding) FROM docs d",
        "INSERT INTO docs (embedding) VALUES (?) RETURNING id",
        "SELECT title FROM docs WHERE id = ?",
    ],
)
def test_a_statement_that_only_compares_vectors_is_not_parsed(open_vector, monkeypatch, query):
    """The parser takes a while to load, and is not needed to see that this returns none."""
    monkeypatch.setattr("heliosdb_sqlite.sql.tree.parse", lambda sql: pytest.fail(f"parsed: {sql}"))
    conn = open_vector()
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, embedding VECTOR(2))")
    conn.execute(query, (ONE,) * query.count("?")) if "id = ?" not in query else conn.execute(query, (1,))
