"""The transactions for a statement's times, among its parameters."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..times import is_now
from .moments import moment_of
from .rewritten import EXTRA, Rewriting, Slot

if TYPE_CHECKING:
    from ..session import TimeTravel


def binder_for(travel: TimeTravel, made: Rewriting) -> Callable[[Any], Any] | None:
    """Return what the parameters of each execution go through, None where the text has all it needs."""
    bind = _binder(travel, made)
    if not made.losses:
        return bind

    def warn_and_bind(values: Any) -> Any:
        for past in made.losses:
            travel.moments.warn_of_loss(past)
        return bind(values) if bind is not None else values

    return warn_and_bind


def _binder(travel: TimeTravel, made: Rewriting) -> Callable[[Any], Any] | None:
    if not made.slots and (made.order is None or made.order == list(range(1, len(made.parameters) + 1))):
        return _begins(travel) if made.calls else None
    count = max((each.number for each in made.parameters), default=0)
    names = {each.number: each.token.text[1:] for each in made.parameters} if made.named else {}

    moments = travel.moments

    def constant(slot: Slot) -> Callable[[], int] | None:
        """Return what finds the transaction of a time that stands in the text."""
        value, past, kind = slot.value, slot.past, slot.kind
        if slot.parameter is not None or slot.unit != "TIMESTAMP":
            return None
        if is_now(value):
            return lambda: moments.transaction(value, slot.unit, kind, slot.place, past, utc=False)
        schema, moment = past.now.schema, moment_of(value, kind, slot.place, utc=False)
        at, known_from = moments.at, past.known_from if kind == "AS OF" else 0

        def find() -> int:
            found = at(schema, moment)
            return found if found >= known_from else moments.known(found, value, past)

        return find

    constants = [constant(slot) for slot in made.slots]
    settled = [find for find in constants if find is not None] if all(constants) else None
    pick = _picker(made.order) if made.order is not None else None

    def found(slot: Slot, value: Any) -> int:
        return moments.transaction(value, slot.unit, slot.kind, slot.place, slot.past, utc=False)

    def by_number(values: Any) -> Any:
        if type(values) is tuple:  # which most are: asking for a Mapping takes longer than to bind it
            given = [*values]
        elif count == 0 and not values:
            given = []
        elif isinstance(values, Mapping):
            return values  # sqlite3 says what it thinks of that
        else:
            given = list(values)
        if len(given) != count:
            raise sqlite3.ProgrammingError(
                f"Incorrect number of bindings supplied. The current statement uses {count}, "
                f"and there are {len(given)} supplied."
            )
        if settled is not None:
            bounds = [find() for find in settled]
        else:
            bounds = [
                find()
                if find is not None
                else found(slot, given[slot.parameter - 1] if slot.parameter else slot.value)
                for slot, find in zip(made.slots, constants, strict=True)
            ]
        if pick is not None:
            return pick(given + bounds)
        for number in made.spent:
            given[number - 1] = None
        return (*given, *bounds)

    def by_name(values: Any) -> Any:
        if not isinstance(values, Mapping):
            values = {name: values[number - 1] for number, name in names.items() if number <= len(values)}
        bound = {}
        for place, (slot, find) in enumerate(zip(made.slots, constants, strict=True), 1):
            if find is not None:
                bound[f"{EXTRA}{place}"] = find()
                continue
            if slot.parameter is not None and names[slot.parameter] not in values:
                raise sqlite3.ProgrammingError(
                    f"You did not supply a value for binding parameter :{names[slot.parameter]}."
                )
            value = slot.value if slot.parameter is None else values[names[slot.parameter]]
            bound[f"{EXTRA}{place}"] = found(slot, value)
        rest = {
            name: values[name]
            for number, name in names.items()
            if number not in made.spent and name in values
        }
        return rest | bound

    bind = by_name if made.named else by_number
    if not made.calls:
        return bind

    def bind_calls(values: Any) -> Any:
        moments.begin_statement()
        return bind(values)

    return bind_calls


def _picker(order: Sequence[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    """Return what puts values into the order in which a statement has its question marks."""
    places = [number - 1 for number in order]
    if len(places) > 1:
        return itemgetter(*places)
    return lambda given: tuple([given[place] for place in places])


def _begins(travel: TimeTravel) -> Callable[[Any], Any]:
    def unchanged(values: Any) -> Any:
        travel.moments.begin_statement()
        return values

    return unchanged
