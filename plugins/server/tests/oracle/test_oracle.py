"""PostgreSQL's answers to some thousand statements, and this server's.

Rows, types, tags and SQLSTATEs, as text and in binary. The answers were recorded from PostgreSQL 15, so that each run
compares them; where PostgreSQL 15 is installed, it is asked too whether it still answers so.
"""

from __future__ import annotations

import pytest

from server_kit import recorded
from server_kit.asking import SCRIPTS, comparable, questions
from server_kit.cluster import MAJOR, cluster, programs


@pytest.fixture(scope="session")
def kept():
    return recorded.read()


@pytest.mark.parametrize("script", SCRIPTS)
def test_answers_are_postgresqls(kept, script, tmp_path):
    differ = []
    ours = recorded.from_here(tmp_path, script)
    for question, theirs, own in zip(questions(script), kept[script], ours, strict=True):
        assert theirs["sql"] == question.sql, "ask again: python -m server_kit.recorded"
        expected = {key: value for key, value in theirs.items() if key not in ("sql", "here")}
        if question.mark == "refused":
            assert "error" not in expected or expected["error"] != question.note, "PostgreSQL refuses it too"
            expected = {"error": question.note}
        elif question.mark == "otherwise":
            expected = theirs["here"]
        if comparable(expected) != comparable(own):
            differ.append(f"{question.sql}\n  expected {expected}\n  answered {own}")
    assert not differ, "\n".join(differ)


@pytest.mark.parametrize(
    "scripts",
    [
        pytest.param(["numbers", "sets"], id="some"),
        pytest.param(SCRIPTS, id="all", marks=pytest.mark.exhaustive),
    ],
)
def test_postgresql_still_answers_so(kept, record_property, scripts):
    if programs() is None:
        record_property("oracle", f"PostgreSQL {MAJOR} is not here: its recorded answers were compared")
        return  # said in the last lines of the run, by conftest.py
    with cluster() as template:
        for script in scripts:
            now = recorded.from_postgresql(template, script)
            for theirs, answer in zip(kept[script], now, strict=True):
                expected = {key: value for key, value in theirs.items() if key not in ("sql", "here")}
                assert comparable(expected) == comparable(answer), theirs["sql"]
