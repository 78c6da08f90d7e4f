"""The active plugins' hooks as plain tuples: what a statement calls, with nothing looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from ..plugins._manager import Manager
from ..plugins.syntax import Syntax
from . import tracing

Function = Callable[..., Any]


class Parser(NamedTuple):
    """A heliosdb_parse and the words without which it is not called."""

    words: tuple[str, ...]
    function: Function


class Hooks(NamedTuple):
    """The implementations of one set of active plugins, in calling order."""

    open: tuple[tuple[str, Function], ...]
    connect: tuple[tuple[str, Function], ...]
    parse: tuple[Parser, ...]
    bind: tuple[Function, ...]
    answer: tuple[Function, ...]
    row: tuple[Function, ...]
    error: tuple[Function, ...]
    around: tuple[Function, ...]
    executed: tuple[Function, ...]
    changed: tuple[Function, ...]
    before_commit: tuple[Function, ...]
    commit: tuple[Function, ...]
    durable: tuple[Function, ...]
    rollback: tuple[Function, ...]
    backup: tuple[Function, ...]
    close: tuple[Function, ...]

    @property
    def transactional(self) -> bool:
        """Whether any of them wants to know about transactions."""
        return bool(self.before_commit or self.commit or self.durable or self.rollback)

    @property
    def only_parse(self) -> bool:
        """Whether a statement that none of them rewrites is nobody's business."""
        return not (
            self.bind
            or self.answer
            or self.row
            or self.error
            or self.around
            or self.executed
            or self.transactional
        )


NO_HOOKS = Hooks(*[()] * len(Hooks._fields))


@lru_cache(maxsize=64)
def hooks_for(manager: Manager, active: frozenset[str], generation: int, trace: bool) -> Hooks:
    """Return the hooks of a set of active plugins, compiled once per set.

    :param generation: the manager's; part of the cache's key, so that a new registration is noticed
    :param trace: report every run of a hook on standard error
    """

    def named(hook: str) -> tuple[tuple[str, Function], ...]:
        found = manager.implementations(f"heliosdb_{hook}").items()
        wrap = tracing.traced if trace else _untouched
        return tuple((name, wrap(name, function)) for name, function in found if name in active)

    def functions(hook: str) -> tuple[Function, ...]:
        return tuple(function for _, function in named(hook))

    def words(name: str) -> tuple[str, ...]:
        syntax: Syntax = manager.ask(name, "heliosdb_syntax", default=Syntax())
        return (*syntax.words, *syntax.watched)

    return Hooks(
        open=named("open"),
        connect=named("connect"),
        parse=tuple(Parser(words(name), function) for name, function in named("parse")),
        bind=functions("bind"),
        answer=functions("answer"),
        row=functions("row"),
        error=functions("error"),
        around=functions("around"),
        executed=functions("executed"),
        changed=functions("changed"),
        before_commit=functions("before_commit"),
        commit=functions("commit"),
        durable=functions("durable"),
        rollback=functions("rollback"),
        backup=functions("backup"),
        close=functions("close"),
    )


def _untouched(_: str, function: Function) -> Function:
    return function


def observe(functions: Iterable[Function], *args: Any) -> list[Any]:
    """Call hooks that only watch: what one raises is logged, with its traceback, and goes no further.

    What they watched has happened already; raising would tell the caller that it had failed.

    :return: what they returned, but for None
    """
    answers = []
    for function in functions:
        try:
            answer = function(*args)
        except Exception:
            import logging

            where = f"{function.__module__}.{function.__qualname__}"
            logging.getLogger("heliosdb_sqlite").exception(
                "the hook %s failed; the database is not affected", where
            )
        else:
            if answer is not None:
                answers.append(answer)
    return answers
