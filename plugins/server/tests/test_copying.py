"""COPY: what goes out comes in again, whatever is in it and however much it is."""

from __future__ import annotations

import psycopg
import pytest

ODD = [
    "",
    "a\tb",
    "back\\slash",
    "\\N",
    "\\.",
    "line\nend",
    "\r",
    '"quoted"',
    "it's, so",
    "ä€😀",
    " x ",
    "\v\f\b",
    "NULL",
    None,
    "1",
]


@pytest.fixture
def client(server):
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE odd (id INTEGER, v TEXT, n DOUBLE PRECISION, b BOOLEAN, i BIGINT)")
        yield connection


def fill(client, times):
    rows = [(n, ODD[n % len(ODD)], n / 8 if n % 5 else None, n % 2 == 0, -n) for n in range(len(ODD) * times)]
    client.cursor().executemany("INSERT INTO odd VALUES (%s, %s, %s, %s, %s)", rows)
    return rows


@pytest.mark.parametrize(
    "options",
    [
        "", "(DELIMITER '|', NULL '-')", "(FORMAT csv)", "(FORMAT csv, HEADER, FORCE_QUOTE *)", "(FORMAT csv, DELIMITER ';')",
        "(FORMAT csv, QUOTE '''', ESCAPE '\\', NULL 'NULL')", "(FORMAT binary)", "(DELIMITER 'é')",
    ],
)  # fmt: skip
def test_what_goes_out_comes_in_again(client, options):
    rows = fill(client, 4)
    with client.cursor().copy(f"COPY odd TO STDOUT {options}") as copy:
        data = b"".join(copy)
    client.execute("DELETE FROM odd")
    with client.cursor().copy(f"COPY odd FROM STDIN {options}") as copy:
        copy.write(data)
    assert sorted(client.execute("SELECT * FROM odd").fetchall()) == rows


@pytest.mark.parametrize(
    "options", ["DELIMITER '1'", "DELIMITER '.'", "DELIMITER E'\\n'", "FORMAT csv, QUOTE ','", "NULL E'\\n'"]
)
def test_marks_that_can_t_be_told_from_data_are_refused(client, options):
    with (
        pytest.raises(psycopg.errors.InvalidParameterValue),
        client.cursor().copy(f"COPY odd TO STDOUT ({options})") as copy,
    ):
        copy.read()


def test_each_row_is_a_message_of_its_own(client):
    rows = fill(client, 4)
    with client.cursor().copy("COPY (SELECT id, v FROM odd ORDER BY id) TO STDOUT") as copy:
        copy.set_types(["int4", "text"])
        assert list(copy.rows()) == [row[:2] for row in rows]


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_the_pieces_that_data_comes_in_don_t_matter(client, size):
    data = "".join(f"{n}\tname ä {n}\t{n / 4}\tt\t\\N\n" for n in range(60)).encode()
    with client.cursor().copy("COPY odd FROM STDIN") as copy:
        for at in range(0, len(data), size):
            copy.write(data[at : at + size])
    found = client.execute("SELECT * FROM odd ORDER BY id").fetchall()
    assert found == [(n, f"name ä {n}", n / 4, True, None) for n in range(60)]


BAD = {
    "x\ta\t1\tt\t1": psycopg.errors.InvalidTextRepresentation,
    "1_0\ta\t1\tt\t1": psycopg.errors.InvalidTextRepresentation,
    "٣\ta\t1\tt\t1": psycopg.errors.InvalidTextRepresentation,
    "--1\ta\t1\tt\t1": psycopg.errors.InvalidTextRepresentation,
    "\ta\t1\tt\t1": psycopg.errors.InvalidTextRepresentation,
    "9999999999\ta\t1\tt\t1": psycopg.errors.NumericValueOutOfRange,
    "1\ta\tnope\tt\t1": psycopg.errors.InvalidTextRepresentation,
    "1\ta\t1\tmaybe\t1": psycopg.errors.InvalidTextRepresentation,
    "1\ta\t1\tt": psycopg.errors.BadCopyFileFormat,
    "1\ta\t1\tt\t1\t2": psycopg.errors.BadCopyFileFormat,
}


@pytest.mark.parametrize("before", [0, 700])
def test_a_bad_line_is_told_and_nothing_is_stored(client, before):
    for bad, error in BAD.items():
        data = "5\tfine\t0.5\tf\t-7\n" * before + bad + "\n"
        with pytest.raises(error) as raised, client.cursor().copy("COPY odd FROM STDIN") as copy:
            copy.write(data)
        assert f"line {before + 1}" in raised.value.diag.message_detail, bad
    assert client.execute("SELECT count(*) FROM odd").fetchone() == (0,)
