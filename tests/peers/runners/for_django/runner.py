"""Django's test runner, which writes a report as pytest's ``--junitxml`` does."""

from __future__ import annotations

import os
import unittest
import xml.etree.ElementTree as ET
from typing import Any

from django.test.runner import DiscoverRunner

# What a test is when it has several outcomes: its own, and those of its subtests.
WORST = ("failure", "skipped", "")


class Result(unittest.TextTestResult):
    """Keeps an outcome for each test; those of other processes are told to it, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcomes: dict[str, str] = {}

    def addSuccess(self, test: Any) -> None:
        super().addSuccess(test)
        self._add(test, "")

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self._add(test, "failure")

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._add(test, "failure")

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self._add(test, "skipped")

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self._add(test, "skipped")

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self._add(test, "failure")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._add(test, "failure")

    def _add(self, test: Any, outcome: str) -> None:
        name = test.id()
        self.outcomes[name] = min(outcome, self.outcomes.get(name, ""), key=WORST.index)

    def stopTestRun(self) -> None:
        super().stopTestRun()
        suite = ET.Element("testsuite")
        for name, outcome in self.outcomes.items():
            place, _, method = name.rpartition(".")
            case = ET.SubElement(suite, "testcase", classname=place, name=method)
            if outcome:
                ET.SubElement(case, outcome)
        ET.ElementTree(suite).write(os.environ["PEERS_REPORT"])


class Runner(DiscoverRunner):
    """Django's, with that result."""

    def get_resultclass(self) -> Any:
        return Result
