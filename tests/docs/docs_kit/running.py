"""What is done about a block: run it, compare what it prints, or write it to a file."""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sybil import Example
from sybil.evaluators.doctest import DocTestEvaluator, OutputChecker

if TYPE_CHECKING:
    from .blocks import Block

_FLAGS = doctest.ELLIPSIS | doctest.REPORT_NDIFF
_PRINTED = "__printed__"  # in a document's namespace: what its last block printed
STAND_INS = Path(__file__).parents[1] / "stand_ins"  # for what no test can download
COLUMNS = "96"  # the width of the terminal in which the commands run

session = DocTestEvaluator(_FLAGS)


def evaluator(block: Block) -> Callable[[Example], str | None] | None:
    """Return what is to be done about a block, None when it is only read."""
    if block.file:
        return _write
    if block.without_plugins:
        return _session_without_plugins
    return {"python": _run, "output": _compare, "console": _run_commands}.get(block.language)


def _write(example: Example) -> None:
    path = Path(example.parsed.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(example.parsed.source, encoding="utf-8")


def _run(example: Example) -> None:
    # Empty lines before it, so that a traceback names the document's own line.
    source = "\n" * example.line + example.parsed.source
    code = compile(source, example.path, "exec", dont_inherit=True)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, example.namespace)
    example.namespace[_PRINTED] = printed.getvalue()


def _compare(example: Example) -> str | None:
    return _difference(example.parsed.source, example.namespace.pop(_PRINTED, "(nothing)"))


def _difference(want: str, got: str) -> str | None:
    """Return how what was printed differs from what is shown, None when it does not."""
    checker = OutputChecker()
    if checker.check_output(want, got, _FLAGS):
        return None
    return checker.output_difference(doctest.Example("", want), got, _FLAGS)


def _run_commands(example: Example) -> str | None:
    for step in re.split(r"^\$ ", example.parsed.source, flags=re.MULTILINE)[1:]:
        command, _, shown = step.partition("\n")
        printed = shell(command)
        if problem := _difference(shown, printed):
            return f"$ {command}\n{problem}"
    return None


def shell(command: str) -> str:
    """Run a command line with this Python's commands first on the path; return all it printed."""
    path = [sysconfig.get_path("scripts"), os.path.dirname(sys.executable), os.environ["PATH"]]
    modules = [os.getcwd(), str(STAND_INS), *filter(None, [os.environ.get("PYTHONPATH")])]
    finished = subprocess.run(
        command,
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=120,
        env={
            **os.environ,
            "PATH": os.pathsep.join(path),
            "PYTHONPATH": os.pathsep.join(modules),
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": COLUMNS,
            "TERM": "dumb",
            "NO_COLOR": "1",
        },
    )
    return "".join(f"{line.rstrip()}\n" for line in finished.stdout.splitlines())


# Runs the session that it reads, in a process that finds no plugin.
_ALONE = """
import doctest, importlib.metadata as metadata, sys
found = metadata.entry_points
metadata.entry_points = lambda **wanted: () if wanted.get("group", "").startswith("heliosdb") else found(**wanted)
test = doctest.DocTestParser().get_doctest(sys.stdin.read(), {}, sys.argv[1], sys.argv[1], 0)
sys.exit(doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed)
"""


def _session_without_plugins(example: Example) -> str | None:
    finished: Any = subprocess.run(
        [sys.executable, "-W", "error", "-c", _ALONE, f"{example.path}, from line {example.line}"],
        input=example.parsed.source,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    return finished.stdout + finished.stderr if finished.returncode else None
