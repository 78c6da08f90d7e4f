"""A file of statements with what is known of them: their parameters, and how often they run."""

from __future__ import annotations

import json
import re
from typing import Any

from ...._standard import sqlite3
from ....sql.lexer import verb
from ....sql.script import pieces
from .workload import Sample, Workload

_COMMENT = re.compile(r"^[ \t]*--[ \t]*(params|runs):[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_VERBS = frozenset({"SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"})


def read_queries(text: str, name: str) -> tuple[Workload, list[str]]:
    """Return the statements of a file as a workload, and those that are no queries.

    Comments before a statement say what is known of it: ``-- params: ["DE", 20]`` or ``-- params: {"id": 7}``, JSON,
    several lines for several runs; ``-- runs: 1000`` for how often it runs compared with the others.

    :raises ProgrammingError: a comment can't be read, or the file has no statement
    """
    workload, others = Workload(), []
    found = False
    for piece in pieces(text):
        found = True
        statement = text[piece.begin : piece.end].rstrip().removesuffix(";")
        if verb(statement) not in _VERBS:
            others.append(" ".join(statement.split()))
            continue
        line = text.count("\n", 0, piece.begin) + 1
        samples, runs = _known(text[piece.lead : piece.begin], f"{name}, before line {line}")
        share, rest = divmod(runs, max(1, len(samples)))
        for number, parameters in enumerate(samples or [()]):
            workload.add(Sample(statement, parameters), share + (number < rest))
    if not found:
        raise sqlite3.ProgrammingError(f"{name}: there is no statement in it")
    return workload, others


def _known(comments: str, where: str) -> tuple[list[Any], int]:
    samples: list[Any] = []
    runs = 0
    for what, value in _COMMENT.findall(comments):
        try:
            read = json.loads(value)
        except ValueError as error:
            raise sqlite3.ProgrammingError(f"{where}: {what}: {error}: give JSON") from None
        if what.lower() == "runs":
            if not isinstance(read, int) or isinstance(read, bool) or read < 1:
                raise sqlite3.ProgrammingError(f"{where}: runs: {value!r} is no number of runs")
            runs = read
        elif isinstance(read, list):
            samples.append(tuple(map(_value, read)))
        elif isinstance(read, dict):
            samples.append({key: _value(each) for key, each in read.items()})
        else:
            raise sqlite3.ProgrammingError(
                f'{where}: params: give a list, ["DE", 20], or an object, {{"country": "DE"}}'
            )
    return samples, max(runs, len(samples), 1)


def _value(value: Any) -> Any:
    """Return a value as it is bound; ``{"hex": "00ff"}`` is a BLOB, other lists and objects are JSON texts."""
    if isinstance(value, dict) and set(value) == {"hex"}:
        try:
            return bytes.fromhex(value["hex"])
        except (TypeError, ValueError):
            raise sqlite3.ProgrammingError(f"params: {value['hex']!r} is not hexadecimal") from None
    return json.dumps(value) if isinstance(value, dict | list) else value
