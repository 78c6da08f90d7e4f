"""The process that :func:`heliosdb_sqlite.testing.crash` starts, and kills."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ..plugins import hookimpl, register
from .crashing import Order
from .reference import Reference

_order: Order | None = None  # None: this process is no such child
_outcome = Path()
_calls = 0
_one_at_a_time = threading.RLock()


def passed(point: str) -> None:
    """Count the call of a crash point, and die if it is the one."""
    global _calls
    if _order is None or (_order.point and point != _order.point):
        return
    with _one_at_a_time:
        _calls += 1
        if _calls == _order.after:
            sys.stdout.flush()  # what the test reads; the database's files are left as they are
            _report(None)
            # On Windows any signal ends the process at once, by TerminateProcess.
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def main(ordered: str, outcome: str) -> None:
    """Run the function that the file ``ordered`` names; write to the file ``outcome`` how it ended."""
    global _order, _outcome
    (reference, *rest), pickled = pickle.loads(Path(ordered).read_bytes())  # noqa: S301 - written by crash()
    _order, _outcome = Order(Reference(*reference), *rest), Path(outcome)
    if _order.hook:
        register(_dying_in(_order.hook), "crash", always=True)
    function = _order.function.load()
    function(*pickle.loads(pickled))  # noqa: S301 - as above
    _report(_calls)


def _report(calls: int | None) -> None:
    _outcome.write_text(json.dumps(calls), encoding="utf-8")


def _dying_in(hook: str) -> Any:
    """Return a plugin that comes by the crash point in this hook, after the others' implementations."""

    def implementation() -> None:
        passed(hook)

    implementation.__name__ = f"heliosdb_{hook}"
    return SimpleNamespace(**{implementation.__name__: hookimpl(trylast=True)(implementation)})
