"""What a change of one table does to others, and which tables a view reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .objects import Object
    from .reading import Reading

_STILL = ("NO ACTION", "RESTRICT")


def mentions(schema: Reading, view: str, table: str) -> bool:
    """Does a view read this table, itself or by other views? Where its text has the name, it may."""
    pending, seen = [view.lower()], set()
    while pending:
        name = pending.pop()
        seen.add(name)
        found = schema.object(name)
        if found is None:
            continue
        if _names(found, table):
            return True
        views = (each for each in schema.objects if each.kind == "view" and each.name.lower() not in seen)
        pending += [each.name.lower() for each in views if _names(found, each.name)]
    return False


def touched(schema: Reading, table: str, how: str) -> frozenset[str]:
    """Return the tables, in small letters, that a change of this one may change: itself, by keys, and by triggers.

    :param how: insert, update or delete
    """
    found: set[str] = set()
    pending = [(table.lower(), how)]
    while pending:
        name, way = pending.pop()
        if name in found:
            continue
        found.add(name)
        if way != "insert":
            pending += [(each, "any") for each in _followers(schema, name, way)]
        for trigger in schema.objects:
            if trigger.kind == "trigger" and trigger.table.lower() == name:
                pending += [(t.name.lower(), "any") for t in schema.tables() if _names(trigger, t.name)]
    return frozenset(found)


def _followers(schema: Reading, name: str, how: str) -> list[str]:
    """Return the tables whose rows a foreign key changes or deletes with those of this one."""
    found = []
    for each in schema.tables():
        if each.kind != "table" or "REFERENCES" not in (each.sql or "").upper():
            continue
        for key in schema.foreign_keys(each):
            actions = [key.on_update] * (how != "delete") + [key.on_delete] * (how != "update")
            if key.table.lower() == name and any(action not in _STILL for action in actions):
                found.append(each.name.lower())
    return found


def _names(found: Object, name: str) -> bool:
    """Has a definition this name in it?"""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", found.sql or "", re.IGNORECASE) is not None
