"""``heliosdb analyze``."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from heliosdb_sqlite.cli.app import build

FIND = '-- params: ["n7"]\nSELECT note FROM people WHERE name = ?;\n'


@pytest.fixture
def analyze(monkeypatch):
    """Calls the command in this process: ``analyze(file, "-", input="SELECT 1")``."""
    monkeypatch.setenv("COLUMNS", "80")
    runner = CliRunner()
    return lambda *arguments, **kwargs: runner.invoke(
        build(), ["analyze", *map(str, arguments)], prog_name="heliosdb", **kwargs
    )


@pytest.fixture
def queries(tmp_path):
    def write(text):
        (tmp_path / "queries.sql").write_text(text, encoding="utf-8")
        return tmp_path / "queries.sql"

    return write


def test_a_report_that_can_be_acted_on(analyze, filled, queries):
    before = hashlib.sha256(filled.read_bytes()).hexdigest(), sorted(filled.parent.iterdir())
    result = analyze(filled, queries(FIND))
    assert result.exit_code == 0
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == str(filled)
    assert lines[1].startswith("1 of 1 statement judged in ")
    assert lines[3].startswith("1. ")
    assert "times faster, measured: " in lines[3]
    assert lines[4] == 'CREATE INDEX "people_name" ON "people" ("name");'
    assert lines[5:8] == [
        "for   SELECT note FROM people WHERE name = ?",
        "now   SCAN people",
        "then  SEARCH people USING INDEX people_name (name=?)",
    ]
    assert lines[8].startswith("costs ")
    assert "n7" not in result.output
    assert (hashlib.sha256(filled.read_bytes()).hexdigest(), sorted(filled.parent.iterdir())) == before


def test_json_has_the_whole_report(analyze, filled, queries):
    result = analyze(filled, queries(FIND), "--json")
    report = json.loads(result.stdout)
    (found,) = report["suggestions"]
    assert report["file"] == str(filled)
    assert found["query"] == "SELECT note FROM people WHERE name = ?"
    assert found["measured"] is True
    assert report["queries"][0]["plan"] == "SCAN people"
    assert "n7" not in json.dumps(report)


def test_check_is_for_programs_that_keep_watch(analyze, filled, queries, tmp_path):
    assert analyze(filled, queries(FIND), "--check").exit_code == 3
    with closing(sqlite3.connect(tmp_path / "good.db")) as good:
        good.executescript("CREATE TABLE people (name TEXT, note TEXT); CREATE INDEX i ON people (name)")
    assert analyze(tmp_path / "good.db", queries(FIND), "--check").exit_code == 0
    assert analyze(tmp_path / "good.db", "--check").exit_code == 0


def test_without_queries_superfluous_indexes_are_found(analyze, tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db")) as conn:
        conn.executescript("CREATE TABLE t (a, b); CREATE INDEX one ON t (a); CREATE INDEX two ON t (a, b)")
    result = analyze(tmp_path / "a.db")
    assert 'DROP INDEX "one";\n      on t: two begins with its columns' in result.stdout
    assert "heliosdb analyze" in result.stdout
    assert analyze(tmp_path / "a.db", "--check").exit_code == 3


def test_unknown_parameters_are_guessed_and_marked(analyze, filled, queries):
    result = analyze(filled, "-", "--json", input="SELECT note FROM people WHERE name = ? LIMIT ?")
    (found,) = json.loads(result.stdout)["suggestions"]
    assert found["measured"] is False
    assert found["notes"] == ["estimated: its parameters are not known, values from the table stood in"]
    text = "UPDATE people SET note = :note WHERE name = :name; SELECT * FROM people WHERE :x; SELECT ?"
    report = json.loads(analyze(filled, queries(text), "--json").stdout)
    assert [each["skipped"] for each in report["queries"] if each["skipped"]] == [
        "no values are known for its parameters"
    ] * 2


def test_what_is_known_of_a_statement_stands_before_it(analyze, filled, queries):
    text = """
        -- The first. params: [not these]
        -- params: {"name": "n7", "blob": {"hex": "00ff"}}
        -- params: {"name": "n8", "blob": null}
        -- runs: 1001
        SELECT note FROM people WHERE name = :name AND :blob IS NOT 7;
        -- params: [1]
        SELECT ?
    """
    report = json.loads(analyze(filled, queries(text), "--json").stdout)
    assert [(each["runs"], each["skipped"]) for each in report["queries"]] == [(1001, ""), (1, "")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no statement in it"),
        ("-- runs: many\nSELECT 1", "before line 2: runs: "),
        ("-- runs: 0\nSELECT 1", "is no number of runs"),
        ("-- params: 5\nSELECT 1", "give a list"),
        ("-- params: [}\nSELECT 1", "give JSON"),
        ('-- params: [{"hex": "zz"}]\nSELECT 1', "is not hexadecimal"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(analyze, filled, queries, text, message):
    result = analyze(filled, queries(text))
    assert result.exit_code == 1
    assert message in result.output


def test_what_is_no_query_is_left_alone_and_said(analyze, filled, queries, tmp_path):
    other = tmp_path / "other.db"
    text = f"ATTACH '{other}' AS x; DROP TABLE people; VACUUM; PRAGMA journal_mode = WAL; SELECT * FROM nope; SELECT 1"
    result = analyze(filled, queries(text), "--plans")
    assert result.exit_code == 0
    assert "1 of 2 statements judged" in result.stdout
    assert "no query: DROP TABLE people" in result.stdout
    assert "no such table: nope" in result.stdout
    assert not other.exists()


def test_a_statement_may_not_reach_beyond_the_copy(analyze, filled, queries):
    result = analyze(filled, queries("SELECT * FROM pragma_user_version"), "--json")
    (judged,) = json.loads(result.stdout)["queries"]
    assert judged["skipped"] == "it does more than reading and writing tables"
    with closing(sqlite3.connect(filled)) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_texts_on_the_terminal_are_harmless(analyze, tmp_path, queries):
    with closing(sqlite3.connect(tmp_path / "a.db")) as conn:
        conn.executescript(
            'CREATE TABLE "[red]\x1b[2J" (a, b); CREATE INDEX "[i]" ON "[red]\x1b[2J" (a); CREATE INDEX j ON "[red]\x1b[2J" (a)'
        )
    result = analyze(tmp_path / "a.db")
    assert "\x1b" not in result.output
    assert "[red]\\x1b[2J" in result.output


def test_encrypted_files_and_their_keys(analyze, tmp_path, monkeypatch):
    (tmp_path / "secret.db").write_bytes(bytes(range(256)) * 16)
    result = analyze(tmp_path / "secret.db")
    assert result.exit_code == 1
    assert "--key-env or --key-file or --ask-key takes the key here" in result.output
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    result = analyze(tmp_path / "secret.db", "--key-env", "NO_SUCH_KEY")
    assert "the environment variable NO_SUCH_KEY is not set" in result.output
    monkeypatch.setenv("SUCH_A_KEY", "word")
    assert analyze(tmp_path / "secret.db", "--key-env", "SUCH_A_KEY", "--ask-key").exit_code == 2


def test_no_file_and_wrong_limits(analyze, filled, tmp_path):
    assert analyze(tmp_path / "none.db").exit_code == 2
    assert analyze(filled, "--seconds", "0").exit_code == 2
    assert analyze(filled, tmp_path / "none.sql").exit_code == 2
    (tmp_path / "latin.sql").write_bytes(b"SELECT '\xe9'")
    assert "not UTF-8" in analyze(filled, tmp_path / "latin.sql").output
