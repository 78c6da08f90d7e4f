"""Numbers and texts that a client gives as parameters: fitted to the column they are stored in, and nowhere else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import psycopg
import pytest


@pytest.fixture
def client(server):
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE prices (id int, code varchar(3), price numeric(10, 2), rate numeric)"
        )
        yield connection


@pytest.mark.parametrize("placeholder", ["%t", "%b"])
def test_a_parameter_is_rounded_to_the_decimals_of_its_column(client, placeholder):
    client.execute(f"INSERT INTO prices (price) VALUES ({placeholder})", (Decimal("1.555"),))
    client.execute(f"UPDATE prices SET price = {placeholder} WHERE price = 1.56", (Decimal("9.999"),))
    assert client.execute("SELECT price FROM prices WHERE price = 10").fetchall() == [(Decimal("10.00"),)]


@pytest.mark.parametrize("placeholder", ["%t", "%b"])
def test_a_parameter_that_is_too_great_for_its_column_is_refused(client, placeholder):
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        client.execute(f"INSERT INTO prices (price) VALUES ({placeholder})", (Decimal("123456789012.5"),))


@pytest.mark.parametrize(
    "condition",
    ["code = $1", "code IN ($1)", "price = $2", "price BETWEEN $2 AND $2", "nullif(code, $1) IS NULL"],
)
def test_a_parameter_is_compared_as_a_whole(client, condition):
    client.execute("INSERT INTO prices VALUES (1, 'abc', 1.56)")
    given = b"abcd" if "$1" in condition else b"1.555"
    found = client.pgconn.exec_params(
        f"SELECT id FROM prices WHERE {condition.replace('$2', '$1')}".encode(), [given]
    )
    assert (found.error_message, found.ntuples) == (b"", 0)


def test_a_parameter_for_two_columns_is_fitted_to_each(client):
    client.execute("ALTER TABLE prices ADD exact numeric(10, 4)")
    client.pgconn.exec_params(b"INSERT INTO prices (price, exact, rate) VALUES ($1, $1, $1)", [b"1.2345"])
    found = client.execute("SELECT price, exact, rate FROM prices").fetchall()
    assert found == [(Decimal("1.23"), Decimal("1.2345"), Decimal("1.2345"))]


def test_a_change_that_would_lose_digits_is_refused_and_leaves_the_number_as_it_was(client):
    client.execute("INSERT INTO prices (id, rate) VALUES (1, 1234567890123456789)")
    with pytest.raises(psycopg.errors.NumericValueOutOfRange, match="more than the 15 digits"):
        client.execute("UPDATE prices SET rate = rate + %s", (Decimal("0.001"),))
    assert client.execute("SELECT rate FROM prices").fetchall() == [(1234567890123456789,)]


@pytest.mark.parametrize("form", ["TEXT", "BINARY"])
def test_copy_refuses_a_number_with_more_digits_than_can_be_kept(client, form):
    with (
        pytest.raises(psycopg.errors.NumericValueOutOfRange),
        client.cursor().copy(f"COPY prices (rate) FROM STDIN (FORMAT {form})") as copy,
    ):
        copy.set_types(["numeric"])
        copy.write_row([Decimal("12345678901234567890.123")])
    assert client.execute("SELECT count(*) FROM prices").fetchone() == (0,)


@pytest.mark.parametrize("placeholder", ["%t", "%b"])
def test_what_a_parameter_has_too_much_of_is_rounded_or_refused_on_its_way_into_a_column(client, placeholder):
    client.execute("CREATE TABLE fitted (at timestamp(0), words varchar(3)[])")
    moment = dt.datetime(2024, 1, 1, 10, 0, 0, 700000)  # noqa: DTZ001
    client.execute(f"INSERT INTO fitted (at) VALUES ({placeholder})", (moment,))
    with pytest.raises(psycopg.errors.StringDataRightTruncation):
        client.execute(f"INSERT INTO fitted (words) VALUES ({placeholder})", (["abcd"],))
    assert client.execute("SELECT at::text, words FROM fitted").fetchall() == [("2024-01-01 10:00:01", None)]


@pytest.mark.parametrize("form", ["TEXT", "BINARY"])
def test_copy_rounds_and_refuses_as_well(client, form):
    client.execute("CREATE TABLE fitted (at timestamp(0), words varchar(3)[])")
    into = f"COPY fitted FROM STDIN (FORMAT {form})"
    moment = dt.datetime(2024, 1, 1, 10, 0, 0, 700000)  # noqa: DTZ001
    with client.cursor().copy(into) as copy:
        copy.set_types(["timestamp", "varchar[]"])
        copy.write_row([moment, ["abc"]])
    with pytest.raises(psycopg.errors.StringDataRightTruncation), client.cursor().copy(into) as copy:
        copy.set_types(["timestamp", "varchar[]"])
        copy.write_row([moment, ["abcd"]])
    assert client.execute("SELECT at::text, words FROM fitted").fetchall() == [
        ("2024-01-01 10:00:01", ["abc"])
    ]


def test_a_parameter_that_a_query_lists_takes_the_type_of_the_column_it_is_stored_in(client):
    client.pgconn.exec_params(
        b"INSERT INTO prices (id, price, code) SELECT $1, $2, $3", [b"1", b"1.555", b"abc"]
    )
    assert client.execute("SELECT id, price, code FROM prices").fetchall() == [(1, Decimal("1.56"), "abc")]
