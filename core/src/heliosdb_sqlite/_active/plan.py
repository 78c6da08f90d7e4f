"""What one SQL text needs on one connection, found out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import reduce
from typing import Any, NamedTuple

from .._named import ByName, by_name_for
from ..plugins.answer import Answer
from ..plugins.statement import Parameters, Statement
from ..sql.lexer import verb
from .hooks import Hooks
from .repeatable import is_repeatable

READS = frozenset({"SELECT", "VALUES", "EXPLAIN", "PRAGMA", "ATTACH", "DETACH", "VACUUM", ""})
DML = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})
WRITES = DML | {"CREATE", "DROP", "ALTER", "REINDEX", "ANALYZE"}
SCHEMA_CHANGES = frozenset({"CREATE", "DROP", "ALTER", "ROLLBACK", "ATTACH", "DETACH"})

Binder = Callable[[Parameters], Parameters]
Explainer = Callable[[BaseException], None]
Answerer = Callable[[Parameters], Answer | None]
Around = Callable[[], AbstractContextManager[Any]]
RowMapper = Callable[[tuple[Any, ...]], tuple[Any, ...]]


class Plan(NamedTuple):
    """The hooks' verdict on a text. A text that needs nothing has no plan."""

    statement: Statement
    text: str
    bind: Binder | None = None
    binders: tuple[Binder, ...] = ()  # what bind consists of
    changes_parameters: bool = False  # a binder does more than look at them
    answer: Answerer | None = None
    row: RowMapper | None = None
    explain: Explainer | None = None
    around: Around | None = None
    watched: bool = False  # may begin, end or be a transaction that a plugin wants to know about
    changes_schema: bool = False
    by_name: ByName | None = None  # for a sequence given to named placeholders
    executed: tuple[Callable[..., Any], ...] = ()  # the heliosdb_executed hooks
    repeatable: bool = False  # it may be run before a look at the schema that it was planned for
    short: bool | None = (
        None  # may it run the short way? True: always, False: inside a transaction, None: never
    )


def needs_a_plan(sql: str) -> bool:
    """Return whether the text needs one even if no plugin has anything to do with it."""
    return changes_schema(verb(sql), sql) or by_name_for(sql) is not None


def changes_schema(does: str, sql: str) -> bool:
    """Return whether the statement may leave another schema behind; PRAGMA temp_store throws the temp tables away."""
    return does in SCHEMA_CHANGES or (does == "PRAGMA" and "temp_store" in sql.lower())


def make_plan(connection: Any, statement: Statement, hooks: Hooks) -> Plan | None:
    """Ask the plugins what the statement needs; None when it can run as it is."""
    binders = [binder for hook in hooks.bind if (binder := hook(connection, statement)) is not None]
    mappers = [mapper for hook in hooks.row if (mapper := hook(connection, statement)) is not None]
    explainers = [explainer for hook in hooks.error if (explainer := hook(connection, statement)) is not None]
    answers = [answer for hook in hooks.answer if (answer := hook(connection, statement)) is not None]
    arounds = [around for hook in hooks.around if (around := hook(connection, statement)) is not None]
    plan = Plan(
        statement,
        statement.text,
        bind=_pipeline(binders),
        binders=tuple(binders),
        changes_parameters=any(not getattr(binder, "observes", False) for binder in binders),
        answer=_first(answers),
        row=_mapper(mappers),
        explain=_each(explainers),
        around=_nested(arounds),
        watched=hooks.transactional and statement.verb not in READS,
        changes_schema=changes_schema(statement.verb, statement.sql),
        by_name=by_name_for(statement.text),
        executed=hooks.executed,
    )
    needs_nothing = (
        statement.text == statement.sql
        and (plan.bind, plan.answer, plan.row, plan.explain, plan.around, plan.by_name) == (None,) * 6
        and statement.stamp is None
        and not (statement.batch or plan.watched or plan.changes_schema or hooks.executed)
    )
    if needs_nothing:
        return None
    if plan.text == statement.sql and (plan.changes_parameters or plan.row is not None):
        # Not the user's very text: a cursor made past the hooks must not find it compiled and bind values as they are.
        plan = plan._replace(text=plan.text + " ", by_name=by_name_for(plan.text + " "))
    return plan._replace(short=_short(plan), repeatable=_is_repeatable(plan))


def bind_all(plan: Plan, sets: Iterable[Parameters]) -> Iterable[Parameters]:
    """Return what the binders make of all the parameters of one executemany(); one with ``many`` sees them all."""
    for binder in plan.binders:
        many = getattr(binder, "many", None)
        sets = map(binder, sets) if many is None else many(list(sets))
    return sets


def _is_repeatable(plan: Plan) -> bool:
    alone = plan.answer is None and plan.around is None and plan.statement.stamp is not None
    return alone and is_repeatable(plan.statement.verb, plan.text)


def _short(plan: Plan) -> bool | None:
    """Return whether a statement needs nothing but a binder and observers, and leaves transactions as they are."""
    if (plan.row, plan.explain, plan.by_name, plan.statement.stamp) != (None,) * 4:
        return None
    if plan.around is not None and not (plan.watched and getattr(plan.around, "begins", False)):
        return None
    if plan.changes_schema:
        return None
    if plan.watched:
        return False if plan.statement.verb in DML else None
    return True


def _pipeline(steps: list[Callable[[Any], Any]]) -> Callable[[Any], Any] | None:
    if len(steps) <= 1:
        return steps[0] if steps else None
    return lambda value: reduce(lambda so_far, step: step(so_far), steps, value)


def _first(answers: list[Answerer]) -> Answerer | None:
    if len(answers) <= 1:
        return answers[0] if answers else None

    def answer(parameters: Parameters) -> Answer | None:
        found = [given for each in answers if (given := each(parameters)) is not None]
        return found[0] if found else None  # each is asked: it may want to see every execution

    return answer


def _mapper(steps: list[RowMapper]) -> RowMapper | None:
    whole: Any = _pipeline(steps)
    if len(steps) > 1:
        whole.pairs = any(getattr(step, "pairs", False) for step in steps)
    mapper: RowMapper | None = whole
    return mapper


def _nested(steps: list[Around]) -> Around | None:
    if len(steps) <= 1:
        return steps[0] if steps else None

    @contextmanager
    def around() -> Iterator[None]:
        with ExitStack() as stack:
            for step in steps:
                stack.enter_context(step())
            yield

    return around


def _each(steps: list[Explainer]) -> Explainer | None:
    if len(steps) <= 1:
        return steps[0] if steps else None

    def explain(error: BaseException) -> None:
        for step in steps:
            step(error)

    return explain
