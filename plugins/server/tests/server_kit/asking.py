"""Asks a server the statements of a script, and keeps all that it says of each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import pq

STATEMENTS = Path(__file__).parent.parent / "oracle" / "statements"
SCRIPTS = sorted(path.stem for path in STATEMENTS.glob("*.sql"))
_MARK = re.compile(r"-- (refused|otherwise): (.*)")


class Question(NamedTuple):
    """One statement of a script."""

    sql: str
    mark: str = (
        ""  # "refused": the error that is the answer here; "otherwise": our own answer is recorded too
    )
    note: str = ""


def questions(script: str) -> list[Question]:
    """Return the statements of a script: each ends with a semicolon at the end of a line."""
    found: list[Question] = []
    held: list[str] = []
    mark, note = "", ""
    for line in (STATEMENTS / f"{script}.sql").read_text(encoding="utf-8").splitlines():
        if not held and line.startswith("--"):
            if match := _MARK.fullmatch(line):
                mark, note = match[1], match[2]
            continue
        held.append(line)
        if line.endswith(";"):
            found.append(Question("\n".join(held)[:-1], mark, note))
            held, mark, note = [], "", ""
    assert not held, f"{script}.sql ends within a statement: {held}"
    return found


def ask(connection: pq.PGconn, sql: str) -> dict[str, Any]:
    """Return what the server answers: tag, columns (name, OID, modifier), rows as text and in binary, or SQLSTATE."""
    answer = _read(connection.exec_(sql.encode()))
    if "rows" in answer and re.match(r"(?i)\(?\s*(select|values|table)\b", sql) and "nextval" not in sql:
        if " into " in sql.lower() or "setval" in sql or "random()" in sql:
            return answer
        if connection.transaction_status != pq.TransactionStatus.INERROR:
            again = connection.exec_params(sql.encode(), [], result_format=pq.Format.BINARY)
            answer["binary"] = _rows(again, hexed=True) if again.ntuples else _read(again).get("error", [])
    return answer


def _read(result: pq.PGresult) -> dict[str, Any]:
    status = result.status
    if status == pq.ExecStatus.FATAL_ERROR:
        return {"error": (result.error_field(pq.DiagnosticField.SQLSTATE) or b"lost").decode()}
    if status == pq.ExecStatus.EMPTY_QUERY:
        return {"tag": "(empty)"}
    answer: dict[str, Any] = {"tag": (result.command_status or b"").decode()}
    if status == pq.ExecStatus.TUPLES_OK:
        answer["columns"] = [
            [(result.fname(n) or b"").decode(), result.ftype(n), result.fmod(n)]
            for n in range(result.nfields)
        ]
        answer["rows"] = _rows(result)
    return answer


def _rows(result: pq.PGresult, *, hexed: bool = False) -> list[list[str | None]]:
    return [
        [_value(result.get_value(row, column), hexed=hexed) for column in range(result.nfields)]
        for row in range(result.ntuples)
    ]


def _value(value: bytes | None, *, hexed: bool) -> str | None:
    if value is None:
        return None
    return value.hex() if hexed else value.decode()


def answers(url: str, script: str) -> list[dict[str, Any]]:
    """Return the answers of the server at ``url`` to a script, one connection for all of it."""
    with psycopg.connect(url, autocommit=True) as opened:
        connection = opened.pgconn
        connection.notice_handler = lambda _: None
        connection.exec_(b"SET TIME ZONE 'UTC'")
        return [ask(connection, each.sql) for each in questions(script)]


_FIRST_OWN_OID = 16384  # what a database makes itself has OIDs from here on, another each time


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without what two servers may say differently.

    Those are the OIDs of a database's own types, which stand in the binary form of arrays too.
    """
    if "columns" not in answer or any(oid == "own" for _, oid, _ in answer["columns"]):
        return answer
    made = dict(answer)
    made["columns"] = [
        [name, oid if oid < _FIRST_OWN_OID else "own", size] for name, oid, size in answer["columns"]
    ]
    if isinstance(answer.get("binary"), list):
        own = [oid >= _FIRST_OWN_OID for _, oid, _ in answer["columns"]]
        made["binary"] = [
            [_without_oid(value) if mine else value for value, mine in zip(row, own, strict=True)]
            for row in answer["binary"]
        ]
    return made


def _without_oid(value: str | None) -> str | None:
    """Return an array in binary without the type of its items; a label stays as it is."""
    return f"{value[:16]}{value[24:]}" if value is not None and value.startswith("0000000") else value
