"""The answers that PostgreSQL 15 gave, as they are kept: one line for each statement.

    python -m server_kit.recorded        asks PostgreSQL and this server again, in the folder of the tests

Where a statement is marked ``-- otherwise``, this server's own answer is kept too.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import psycopg

import heliosdb_sqlite

from .asking import SCRIPTS, answers, comparable, questions
from .cluster import cluster

FILE = Path(__file__).parent.parent / "oracle" / "answers.json"


def read() -> dict[str, list[dict[str, Any]]]:
    """Return the answers that are kept, by script."""
    kept: dict[str, list[dict[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return kept


def from_postgresql(template: str, script: str) -> list[dict[str, Any]]:
    """Return PostgreSQL's answers to a script, in a database of its own."""
    with psycopg.connect(template.format("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS app")
        connection.execute("CREATE DATABASE app")
    return answers(template.format("app"), script)


def from_here(folder: Path, script: str) -> list[dict[str, Any]]:
    """Return this server's answers to a script, over a file of its own."""
    file = folder / "app.db"
    sqlite3.connect(file).close()
    with heliosdb_sqlite.start_server(file, port=0) as server:
        return answers(server.url, script)


def record() -> None:
    """Ask PostgreSQL, and keep what it says."""
    lines = []
    with cluster() as template:
        for script in SCRIPTS:
            asked = questions(script)
            theirs = from_postgresql(template, script)
            with tempfile.TemporaryDirectory() as folder:
                ours = from_here(Path(folder), script)
            kept = []
            for question, one, two in zip(asked, theirs, ours, strict=True):
                made = {"sql": question.sql, **comparable(one)}  # so that it is the same each time
                if question.mark == "otherwise":
                    made["here"] = comparable(two)
                kept.append(json.dumps(made, ensure_ascii=False))
            lines.append(f"{json.dumps(script)}: [\n" + ",\n".join(kept) + "\n]")
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    record()
