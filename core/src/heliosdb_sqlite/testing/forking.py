"""Run a function in a forked child: what web servers and multiprocessing do to a program's connections."""

from __future__ import annotations

import os
import pickle
import select
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


def forked(function: Callable[..., T], *args: Any, timeout: float = 60.0) -> T:
    """Return what ``function(*args)`` returns in a forked child, which has everything that this process has open.

    The child runs nothing else: no exit handlers, no pytest. What it returns must be picklable.

    :param timeout: seconds after which the child is killed and the test fails
    :raises AssertionError: it raised, died, or took too long; the message has the child's traceback
    :raises NotImplementedError: this platform can't fork, as Windows
    """
    if not hasattr(os, "fork"):
        raise NotImplementedError("this platform can't fork: mark the test skipif(not hasattr(os, 'fork'))")
    deadline = time.monotonic() + timeout
    sys.stdout.flush()
    sys.stderr.flush()
    read, write = os.pipe()
    with warnings.catch_warnings():  # 3.12 warns of forking while threads run, which is what was asked for
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(read)
        _answer(write, function, args)
    os.close(write)
    name = getattr(function, "__qualname__", repr(function))
    try:
        answer = _read(read, deadline)
    finally:
        os.close(read)
        status = _reap(child, deadline)
    if answer is None:
        raise AssertionError(f"{name}() took more than {timeout} s in a forked child, which was killed")
    if not answer:
        raise AssertionError(f"{name}() did not come to its end in a forked child, {_how(status)}")
    returned, value = pickle.loads(answer)  # noqa: S301 - written by _answer()
    if not returned:
        raise AssertionError(f"{name}() raised in a forked child\n{value}")
    result: T = value
    return result


def _answer(write: int, function: Callable[..., object], args: tuple[Any, ...]) -> NoReturn:
    """Run the function in the child, send what became of it, and end without a word to anybody else."""
    try:
        try:
            answer = pickle.dumps((True, function(*args)))
        except BaseException:  # noqa: BLE001 - the parent is told of everything
            answer = pickle.dumps((False, traceback.format_exc()))
        sys.stdout.flush()
        sys.stderr.flush()
        with os.fdopen(write, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)


def _read(pipe: int, deadline: float) -> bytes | None:
    """Return all that comes through the pipe, or None when its end does not come in time."""
    parts: list[bytes] = []
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        part = os.read(pipe, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _reap(child: int, deadline: float) -> int:
    """Wait for the child's end, and bring it about when it does not come in time."""
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            return os.waitpid(child, 0)[1]
        time.sleep(0.001)


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"which {signal.Signals(-code).name} killed" if code < 0 else f"which ended with exit code {code}"
