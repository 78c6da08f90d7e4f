"""Enumerations in expressions: SQLite has their labels as text, which it would sort by its letters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_text

from ..protocol.errors import PgError
from ..types.registry import STRINGS, PgType, Sized, array_of, enumerated
from . import labels, tree
from .literals import can_cast
from .scope import Ex, Scope
from .values import Values

_OF_ITEMS = frozenset((
    "array_append", "array_prepend", "array_remove", "array_replace", "array_position", "array_positions",
))  # fmt: skip


class Enumerations(Values):
    """Writes labels, and what they are compared by.

    A query has the order of the labels written into it. A view would keep that when labels are added, so that it asks
    for them each time it is read; what SQLite alone computes, an index or a CHECK, keeps it with a comment, and as long
    as there is such a definition no labels are added.
    """

    viewing = False  # is it for a view?

    if TYPE_CHECKING:

        def _no_function(self, node: tree.Call, args: Sequence[Ex]) -> PgError: ...

    def fitted(self, ex: Ex, target: Sized, at: int) -> Ex:
        """Return a literal as a value of this type and size; a definition tells labels from other texts."""
        made = super().fitted(ex, target, at)
        if (self.lasting or self.viewing) and enumerated(target.type) is not None:
            return made._replace(text=f"{made.text} {labels.note(target.type)}")
        return made

    def cast(self, ex: Ex, target: Sized, at: int, *, explicit: bool = True) -> Ex:
        """Return the expression as a value of another type; text becomes a label if there is one."""
        kind = target.type
        found = enumerated(kind)
        if found is None or ex.unknown or ex.type is kind:
            return super().cast(ex, target, at, explicit=explicit)
        if ex.text == "NULL":
            return Ex("NULL", target)
        if ex.type is not None and not can_cast(ex.type, kind):
            raise PgError("42846", f"cannot cast type {ex.type.title} to {kind.title}", position=at + 1)
        text = self.as_text(ex) if not kind.element else ex.text
        name = "pg_labels" if kind.element else "pg_label"
        return self.own(f"{name}({text}, {quote_text(found.title)}, {self._labels(found)})", target)

    def _labels(self, kind: PgType) -> str:
        """Return an enumeration's labels as an array in JSON."""
        if self.viewing:
            return f"pg_enum_labels({kind.oid} {labels.note(kind)})"
        return quote_text(json.dumps(kind.labels, ensure_ascii=False))

    # ---- their order ----

    def placed(self, ex: Ex) -> Ex:
        """Return what labels, or arrays of them, are compared and sorted by; any other expression as it is."""
        kind = enumerated(ex.type)
        if kind is None or ex.type is None:
            return ex
        if ex.type.element or self.viewing:
            name = "pg_label_places" if ex.type.element else "pg_label_place"
            text = f"{name}({ex.text}, {quote_text(kind.title)}, {self._labels(kind)})"
            return self.own(f"pg_array_order({text})" if ex.type.element else text, ex.sized)
        whens = " ".join(f"WHEN {quote_text(label)} THEN {at}" for at, label in enumerate(kind.labels, 1))
        if self.lasting:
            return ex._replace(text=f"(CASE {labels.note(kind)} {ex.text} {whens or 'WHEN NULL THEN 0'} END)")
        wrong = f"ELSE pg_label({ex.text}, {quote_text(kind.title)}, {self._labels(kind)})"
        return self.own(f"(CASE {ex.text} {whens or 'WHEN NULL THEN 0'} {wrong} END)", ex.sized)._replace(
            not_null=ex.not_null
        )

    def labelled(self, place: str, kind: PgType) -> Ex:
        """Return the label at a place in their order."""
        if self.viewing:
            return self.own(f"pg_label_at({place}, {self._labels(kind)})", Sized(kind))
        whens = " ".join(f"WHEN {at} THEN {quote_text(label)}" for at, label in enumerate(kind.labels, 1))
        return Ex(f"(CASE {place} {whens or 'WHEN NULL THEN NULL'} END)", Sized(kind))

    def in_order(self, a: Ex, b: Ex) -> tuple[Ex, Ex]:
        """Return two sides by which the one is less than the other."""
        if a.type is not b.type:  # a column that has no type may hold labels too
            kind = enumerated(a.type) or enumerated(b.type)
            if kind is None or "NULL" in (a.text, b.text) or (a.type is not None and b.type is not None):
                return a, b
            target = a.sized or b.sized or Sized(kind)
            a, b = (each if each.type is not None else self.cast(each, target, -1) for each in (a, b))
        return self.placed(a), self.placed(b)

    # ---- functions ----

    def _call_enum_first(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        args, kind = self._enumeration_of(node, scope)
        name = node.name.lower()
        if name == "enum_range":
            bounds = [arg.text for arg in args] if len(args) == 2 else ["NULL", "NULL"]
            array = array_of(kind)
            return self.own(
                f"pg_label_range({', '.join(bounds)}, {self._labels(kind)})",
                Sized(array) if array is not None else None,
            )
        if not kind.labels:
            raise PgError("55000", f"enum {kind.title} contains no values")
        if self.viewing:
            place = "1" if name == "enum_first" else f"json_array_length({self._labels(kind)})"
            return self.labelled(place, kind)
        return Ex(quote_text(kind.labels[0 if name == "enum_first" else -1]), Sized(kind), not_null=True)

    _call_enum_last = _call_enum_range = _call_enum_first

    def _enumeration_of(self, node: tree.Call, scope: Scope) -> tuple[list[Ex], PgType]:
        args = [self.ex(arg, scope) for arg in node.args]
        known = next((arg for arg in args if arg.type is not None and not arg.unknown), None)
        if known is None and args:
            raise PgError(
                "42804",
                "could not determine polymorphic type because input has type unknown",
                position=node.at + 1,
            )
        kind = known.type if known is not None else None
        most = 2 if node.name.lower() == "enum_range" else 1
        if kind is not None:
            args = [Ex("NULL", Sized(kind)) if arg == Ex("NULL") else arg for arg in args]
            args = [self.typed(arg, Sized(kind), node.at) for arg in args]
        if (
            kind is None
            or kind.category != "E"
            or len(args) > most
            or any(arg.type is not kind for arg in args)
        ):
            types = ", ".join(arg.type.title if arg.type is not None else "unknown" for arg in args)
            raise PgError(
                "42883",
                f"function {node.name}({types}) does not exist",
                hint="No function matches the given name and argument types.",
                position=node.at + 1,
            )
        return args, kind

    def beside_labels(self, node: tree.Call, name: str, args: Sequence[Ex]) -> Sized | None:
        """Return the type of a literal among the arguments of a function that takes labels; None where it takes none.

        :raises PgError: labels meet values of another type
        """
        known = [arg.type for arg in args if arg.type is not None and not arg.unknown and arg.text != "NULL"]
        found = next((kind for kind in known if enumerated(kind) is not None), None)
        if found is None or not (name.startswith("array_") or name in ("lag", "lead", "nth_value")):
            return None
        mine = enumerated(found)
        others = [kind for kind in known[:2] if enumerated(kind) is not mine]
        if name.startswith("array_") and name in _OF_ITEMS and others:
            raise self._no_function(node, args)
        return Sized(mine) if mine is not None and name in _OF_ITEMS else Sized(found)

    def refuse_label(self, kind: PgType, was: PgType, column: str, at: int) -> None:
        """Refuse to store a value of another type as a label, or a label as what is no text."""
        if was is kind or (enumerated(kind) is None and (enumerated(was) is None or kind in STRINGS)):
            return
        raise PgError(
            "42804",
            f'column "{column}" is of type {kind.title} but expression is of type {was.title}',
            hint="You will need to rewrite or cast the expression.",
            position=at + 1,
        )
