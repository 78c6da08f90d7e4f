"""COPY: what goes out comes in again, whatever is in it and however much it is."""

from __future__ import annotations

import threading

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


def load(client, data, statement="COPY odd FROM STDIN"):
    with client.cursor().copy(statement) as copy:
        copy.write(data)


QUOTED = {
    '"x, 1"': "x, 1",
    '"two\nlines"': "two\nlines",
    'a"b c"d': "ab cd",
    '"say ""hi"""': 'say "hi"',
    '""': "",
    "": None,
    '"\r"': "\r",
}


@pytest.mark.parametrize("field", QUOTED, ids=repr)
def test_csv_is_read_as_postgresql_reads_it_among_many_rows(client, field):
    data = '1,"usual, quoted",0.5,t,7\n' * 500 + f"2,{field},1.5,f,8\n" + "3,usual,2.5,t,9\n" * 500
    load(client, data, "COPY odd FROM STDIN (FORMAT csv)")
    found = client.execute("SELECT id, v, count(*) FROM odd GROUP BY id, v ORDER BY id").fetchall()
    assert found == [(1, "usual, quoted", 500), (2, QUOTED[field], 1), (3, "usual", 500)]


def test_a_header_is_left_out_however_much_comes_with_it(client):
    load(client, "id,v\n" + "7,x\n" * 3000, "COPY odd (id, v) FROM STDIN (FORMAT csv, HEADER match)")
    assert client.execute("SELECT count(*), sum(id) FROM odd").fetchone() == (3000, 21000)


def test_rows_of_more_columns_than_a_statement_takes_values(client):
    client.execute(f"CREATE TABLE wide ({', '.join(f'c{n} int' for n in range(900))})")
    load(client, ("\t".join(map(str, range(900))) + "\n") * 3, "COPY wide FROM STDIN")
    assert client.execute("SELECT count(*), sum(c899) FROM wide").fetchone() == (3, 3 * 899)


def test_a_row_that_breaks_a_constraint_undoes_them_all(client):
    client.execute("CREATE TABLE keyed (id INT PRIMARY KEY, v TEXT)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        load(client, "".join(f"{n}\tx\n" for n in range(1000)) + "500\ty\n", "COPY keyed FROM STDIN")
    assert client.execute("SELECT count(*) FROM keyed").fetchone() == (0,)


def test_columns_that_are_not_given_are_counted(client):
    client.execute("CREATE TABLE counted (id SERIAL PRIMARY KEY, n SERIAL, v TEXT)")
    load(client, "x\n" * 1001, "COPY counted (v) FROM STDIN")
    found = client.execute("SELECT count(DISTINCT id), max(id), count(DISTINCT n), max(n) FROM counted")
    assert found.fetchone() == (1001, 1001, 1001, 1001)


def test_a_cancel_while_copy_waits_for_data_ends_it(client):
    with (
        pytest.raises(psycopg.errors.QueryCanceled),
        client.cursor().copy("COPY odd (id) FROM STDIN") as copy,
    ):
        copy.write("1\n")
        client.cancel_safe()
        copy.write("2\n")
    assert client.execute("SELECT count(*) FROM odd").fetchone() == (0,)


def test_a_copy_may_wait_longer_than_an_idle_client(client):
    client.execute("SET idle_session_timeout = 50")
    with client.cursor().copy("COPY odd (id) FROM STDIN") as copy:
        threading.Event().wait(0.2)
        copy.write("1\n")
    client.execute("SET idle_session_timeout = 0")
    assert client.execute("SELECT count(*) FROM odd").fetchone() == (1,)


def test_a_binary_copy_may_end_without_a_trailer_but_not_within_a_row(server):
    head = b"PGCOPY\n\xff\r\n\0" + bytes(8)
    row = b"\0\1\0\0\0\4\0\0\0\7"
    with psycopg.connect(server.url, autocommit=True) as client:
        client.execute("CREATE TABLE ends (n int)")
        for data, fits in ((head + row, True), (head + row + row[:2], False), (head + row + row[:6], False),
                           (head, True), (head + row + b"\xff\xff", True), (head + b"\0", False)):  # fmt: skip
            try:
                with client.cursor().copy("COPY ends FROM STDIN (FORMAT binary)") as copy:
                    for at in range(len(data)):
                        copy.write(data[at : at + 1])
                assert fits, data
            except psycopg.errors.BadCopyFileFormat:
                assert not fits, data
        assert client.execute("SELECT n FROM ends").fetchall() == [(7,), (7,)]
