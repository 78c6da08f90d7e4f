"""The drop-in checks pass for a plugin that changes nothing, and each finds the one that changes what it looks at."""

from __future__ import annotations

import re
import unittest
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import Phase, settings

import heliosdb_sqlite
from heliosdb_sqlite.testing.dropin import (
    STDLIB,
    assert_same_as_stdlib,
    check_dropin,
    cpython_suite,
    dropin_checks,
    with_plugin,
)

pytestmark = pytest.mark.ends

KIT = "broken_plugins_kit"


@pytest.fixture(autouse=True)
def _found_is_enough():
    """A difference need not be made as small as it can be: that takes a minute."""
    before = settings.get_current_profile_name()
    settings.register_profile("found is enough", settings(), phases=[Phase.explicit, Phase.generate])
    settings.load_profile("found is enough")
    yield
    settings.load_profile(before)


def checks(plugin, *args, **how):
    return {check.name: check for check in dropin_checks(f"{KIT}:{plugin}", *args, **how)}


def test_a_plugin_that_changes_nothing_passes_all_of_them():
    lines = check_dropin(f"{KIT}:quiet", {"loud": True}, examples=20)
    assert lines == [
        f"not asked for: heliosdb {KIT}:quiet: not there",
        *[
            line
            for line in lines
            if re.fullmatch(rf"CPython .* stdlib \d+ ok.*; heliosdb {KIT}:quiet: same", line)
        ],
        f"random programs: 20; heliosdb {KIT}:quiet: same",
        f"files left: heliosdb {KIT}:quiet: same",
    ]
    assert len(lines) == 4


def test_one_that_is_on_where_nobody_asked_for_it():
    with pytest.raises(AssertionError, match="heliosdb_active"):
        checks("everywhere")["idle"]()


def test_one_that_changes_rows():
    wrong = checks("wrong_rows")
    with pytest.raises(AssertionError, match=r"(?s)differences\n.*RowFactoryTests.* became "):
        wrong["cpython-suite"]()
    with pytest.raises(
        AssertionError, match=r"(?s)a program sees a difference.*sqlite3 shows.*heliosdb shows"
    ):
        wrong["random-programs"]()


def test_one_that_writes():
    with pytest.raises(AssertionError, match=r"the file app\.db differs"):
        checks("writes")["files"]()
    assert "files" not in checks("writes", ignoring={"files"})


def test_the_options_reach_every_connection():
    loud = checks("refuses", {"loud": True}, examples=1)
    for name in ("cpython-suite", "random-programs", "files"):
        with pytest.raises((AssertionError, ValueError), match="too loud"):
            loud[name]()
    assert loud["idle"]()


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(AssertionError, match=r"(?s)idle: .*files: "):
        check_dropin(f"{KIT}:all_wrong", examples=1)


def test_a_known_difference_needs_a_reason_and_must_be_one():
    reasons = {"RowFactoryTests.test_custom_factory": "of a bug since mended"}
    with pytest.raises(
        AssertionError,
        match=r"RowFactoryTests\.test_custom_factory no longer differs, .*: of a bug since mended",
    ):
        checks("quiet", known=reasons)["cpython-suite"]()
    wrong = cpython_suite.run(with_plugin(f"{KIT}:wrong_rows"))
    different = {
        ".".join(test.split(".")[-2:]): "rows are turned round"
        for test, outcome in wrong.outcomes.items()
        if outcome != cpython_suite.run(STDLIB).outcomes[test]
    }
    different.pop("OpenTests.test_database_keyword", None)
    assert checks("wrong_rows", known=different)["cpython-suite"]().endswith(": same")


def test_an_idle_plugin_has_the_hooks_and_does_nothing_in_them():
    configuration = with_plugin(f"{KIT}:wrong_rows")
    query = "SELECT 1, 2"
    with configuration.active(), closing(heliosdb_sqlite.connect(":memory:")) as conn:
        assert conn.execute(query).fetchone() == (2, 1)
    with (
        replace(configuration, idle=True).active() as calls,
        closing(heliosdb_sqlite.connect(":memory:")) as conn,
    ):
        assert conn.execute(query).fetchone() == (1, 2)
    assert calls.keys() == configuration.hooks() == {"parse", "row"}


def test_what_heliosdb_changes_is_not_held_against_a_plugin():
    refusing = with_plugin(f"{KIT}:may_refuse")
    strictly = replace(refusing, ignoring=frozenset())
    with pytest.raises(AssertionError, match="TraceCallbackTests"):
        assert_same_as_stdlib(strictly)
    assert assert_same_as_stdlib(strictly, own=False).endswith("same")
    assert assert_same_as_stdlib(refusing).endswith("same")


def test_what_is_asked_for_wrongly():
    with pytest.raises(ModuleNotFoundError):
        dropin_checks("nowhere_to_be_found:plugin")
    with pytest.raises(AttributeError):
        dropin_checks(f"{KIT}:missing")
    with pytest.raises(ValueError, match="ignoring='nonsense': the aspects are trace, autocommit, "):
        dropin_checks(f"{KIT}:quiet", ignoring={"nonsense"})
    with pytest.raises(TypeError, match="no option 'lout': it has loud"):
        checks("quiet", {"lout": True})["files"]()


def test_a_python_without_its_tests_skips_and_fails_in_ci(monkeypatch):
    monkeypatch.setattr(cpython_suite, "PACKAGE", "test.missing_here")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(unittest.SkipTest, match=r"comes without test\.missing_here"):
        check_dropin(f"{KIT}:quiet", examples=1)
    monkeypatch.setenv("CI", "1")
    with pytest.raises(AssertionError, match="comes without"):
        check_dropin(f"{KIT}:quiet", examples=1)
