"""The thread of one connection: everything that reaches SQLite runs there, in the order in which it was asked for."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any

from .._standard import sqlite3

Function = Callable[[], Any]
Job = tuple["asyncio.Future[Any] | None", Function]
_LAST = object()  # what the last job of a thread returns
_AT_EXIT = 10.0  # seconds that a statement gets to end when the process does

generation = 0
"""How often this process was forked off: a connection's thread does not come along."""


class Worker:
    """A thread, the connection that lives in it, and the jobs it is given. It knows nothing of who gives them."""

    __slots__ = ("__weakref__", "generation", "interrupted", "jobs", "raw", "running", "thread")

    def __init__(self) -> None:
        self.jobs: SimpleQueue[Job] = SimpleQueue()
        self.raw: sqlite3.Connection | None = None
        self.running = False
        self.interrupted = False
        self.thread = threading.Thread(target=_work, args=(self,), name="heliosdb_sqlite.aio", daemon=True)
        self.generation = generation

    def start(self) -> None:
        """Start the thread. It ends with the program, even when nobody closes the connection."""
        self.thread.start()
        _workers.add(self)

    def open(self, connector: Callable[[], sqlite3.Connection]) -> sqlite3.Connection:
        """Open the connection; a job."""
        self.raw = connector()
        return self.raw

    def close(self) -> object:
        """Close the connection and end the thread; a job."""
        raw, self.raw = self.raw, None
        if raw is not None:
            if self.interrupted:
                _forget_interruption(raw)
            raw.close()
        return _LAST

    def interrupt(self) -> None:
        """End the statement that runs, if one does."""
        raw = self.raw
        if raw is not None:
            self.interrupted = True
            raw.interrupt()

    def finish(self, future: asyncio.Future[Any] | None) -> None:
        """Have the connection closed after the jobs that wait, and then the thread end; cancelling does not help."""
        self.jobs.put((None, partial(_closing, self, future)))


def _forget_interruption(raw: sqlite3.Connection) -> None:
    """Run something: until then SQLite takes itself for interrupted, and would not tidy up when it closes."""
    try:
        sqlite3.Cursor(raw).execute("SELECT 1").close()
    except sqlite3.Error:  # closed already
        pass


def _closing(worker: Worker, future: asyncio.Future[Any] | None) -> object:
    try:
        worker.close()
    except BaseException as error:  # noqa: BLE001 - whoever closed it is told
        answer(future, error=error)
    else:
        answer(future)
    return _LAST


def _work(worker: Worker) -> None:
    get = worker.jobs.get
    while True:
        future, function = get()
        if future is not None and future.cancelled():
            continue  # nobody waits for it, and it has not begun
        worker.running = True
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
            worker.running = False
            answer(future, error=error)
        else:
            worker.running = False
            if future is not None:
                try:
                    future.get_loop().call_soon_threadsafe(_succeed, future, result)
                except RuntimeError:  # as in answer(), which costs a call more
                    pass
            elif result is _LAST:
                return
            del result
        del future, function  # while it waits it must keep nothing alive


def answer(
    future: asyncio.Future[Any] | None, result: Any = None, *, error: BaseException | None = None
) -> None:
    """Tell whoever waits what came of a job."""
    if future is None:
        return
    try:
        if error is None:
            future.get_loop().call_soon_threadsafe(_succeed, future, result)
        else:
            future.get_loop().call_soon_threadsafe(_fail, future, error)
    except RuntimeError:  # the loop is closed: nobody waits any more
        pass


def _succeed(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if isinstance(error, StopIteration):  # which no future can carry
        error = RuntimeError(f"a call raised {error!r}")
    if not future.done():
        future.set_exception(error)


_workers: weakref.WeakSet[Worker] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """Close what is open: SQLite tidies up after itself then, and what runs is not cut off in the middle."""
    workers = [worker for worker in _workers if worker.thread.is_alive()]
    for worker in workers:
        if worker.running:
            worker.interrupt()
        worker.finish(None)
    for worker in workers:
        worker.thread.join(_AT_EXIT)


def _forked() -> None:
    """Leave alone what was inherited: closing it would take the parent's journal away."""
    global generation
    generation += 1
    from ..connection_pool._forking import keep_forever

    for worker in list(_workers):
        keep_forever(worker.raw)
    _workers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
