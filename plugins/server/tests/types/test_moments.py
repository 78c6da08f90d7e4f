"""Dates and times as people write them: PostgreSQL 15's answers."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import psycopg
import pytest

from heliosdb_server.protocol.errors import PgError
from heliosdb_server.types import moments

VIENNA = ZoneInfo("Europe/Vienna")
READ = {
    "date": moments.date_in, "time": moments.time_in, "timetz": moments.timetz_in, "timestamp": moments.timestamp_in,
    "timestamptz": moments.timestamptz_in,
}  # fmt: skip
READ_AS = [
    ("timestamp", "Mon May  6 07:08:09 2024", "2024-05-06 07:08:09"),
    ("timestamptz", "Mon May  6 07:08:09.25 2024 +02", "2024-05-06 05:08:09.250000+00:00"),
    ("timestamptz", "January 8 04:05:06 1999 PST", "1999-01-08 12:05:06+00:00"),
    ("timestamptz", "2024-05-06 07:08:09 CEST", "2024-05-06 05:08:09+00:00"),
    ("timestamp", "20240506T070809", "2024-05-06 07:08:09"),
    ("timestamp", "19990108 040506", "1999-01-08 04:05:06"),
    ("timestamp", "05/06/24 7:08 PM", "2024-05-06 19:08:00"),
    ("date", "240506", "2024-05-06"), ("date", "J2451187", "1999-01-08"), ("date", "08-Jan-99", "1999-01-08"),
    ("date", "1/8/99", "1999-01-08"), ("date", "Jan-08-99", "1999-01-08"), ("date", "1999.008", "1999-01-08"),
    ("date", "Monday, May 6, 2024", "2024-05-06"),
    ("time", "1000", "10:00:00"), ("time", "040506", "04:05:06"), ("time", "T040506", "04:05:06"),
    ("time", "allballs", "00:00:00"), ("timetz", "040506-08", "04:05:06-08"), ("timetz", "04:05:06 PST", "04:05:06-08"),
]  # fmt: skip
REFUSED = [
    ("date", "18/1/1999", "22008"), ("date", "2024-02-30", "22008"), ("date", "2024.400", "22007"),
    ("timestamptz", "2024-05-06 07:08:09 XYZ", "22007"), ("time", "24:00:01", "22008"), ("date", "", "22007"),
    ("time", "24:00:00", "0A000"),  # PostgreSQL has such a time: it is not said to be another one
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "expected"), READ_AS)
def test_it_is_read_as(kind, text, expected):
    assert READ[kind](text) == expected


@pytest.mark.parametrize(("kind", "text", "code"), REFUSED)
def test_it_is_refused(kind, text, code):
    with pytest.raises(PgError) as error:
        READ[kind](text)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-10-27 02:30", "2024-10-27 01:30:00+00:00"),  # comes twice: the later one
        ("2024-03-31 02:30", "2024-03-31 01:30:00+00:00"),  # does not come
        ("2024-10-27 01:59", "2024-10-26 23:59:00+00:00"),
    ],
)
def test_the_nights_when_the_clocks_are_changed(text, expected):
    assert moments.timestamptz_in(text, VIENNA) == expected


def test_an_hour_that_comes_twice_is_kept_apart(server):
    with psycopg.connect(server.url, autocommit=True) as client:
        client.execute("SET timezone = 'Europe/Vienna'")
        texts = client.execute(
            "SELECT x::text FROM generate_series('2024-10-27 01:00'::timestamptz, '2024-10-27 03:00', '1 hour') x"
        ).fetchall()
        assert [text for (text,) in texts] == [
            "2024-10-27 01:00:00+02", "2024-10-27 02:00:00+02", "2024-10-27 02:00:00+01", "2024-10-27 03:00:00+01",
        ]  # fmt: skip
        first = "'2024-10-27 00:30+00'::timestamptz"
        found = client.execute(
            f"SELECT date_trunc('hour', {first})::text, ({first} + interval '1 day')::text,"
            f" ({first} + interval '10 min')::text"
        ).fetchone()
        assert found == ("2024-10-27 02:00:00+02", "2024-10-28 02:30:00+01", "2024-10-27 02:40:00+02")


def test_now_is_the_begin_of_the_block(server):
    with psycopg.connect(server.url, autocommit=True) as client:
        client.execute("BEGIN")
        client.execute("SELECT pg_sleep(0.001)")
        query = "SELECT now() < statement_timestamp(), statement_timestamp() <= clock_timestamp()"
        assert client.execute(query).fetchone() == (True, True)
        client.execute("COMMIT")
        assert client.execute("SELECT now() = statement_timestamp()").fetchone() == (True,)


def test_a_table_that_is_not_there_is_not_locked(server):
    with psycopg.connect(server.url) as client:
        client.execute("LOCK TABLE users, public.posts IN SHARE MODE NOWAIT")
        with pytest.raises(psycopg.errors.UndefinedTable):
            client.execute("LOCK TABLE users, nothing")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT '1e-46'::float4", "22003"), ("SELECT 1e39::float8::float4", "22003"), ("SELECT '1e-400'::float8", "22003"),
        ("SELECT '\"x\"'::jsonb::int", "22023"), ("SELECT '1'::jsonb::bool", "22023"), ("SELECT '[1]'::jsonb::float8", "22023"),
    ],
)  # fmt: skip
def test_what_is_no_such_number_is_an_error(server, sql, code):
    with psycopg.connect(server.url) as client, pytest.raises(psycopg.Error) as error:
        client.execute(sql)
    assert error.value.sqlstate == code
