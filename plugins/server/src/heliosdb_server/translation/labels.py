"""How enumerations stand in the file: each is a view of its labels, and columns name theirs in a comment.

``CREATE VIEW "mood"(label, place) AS /* enum 1, number 7 */ VALUES ('sad', 1.0), ('ok', 2.0)`` is the enumeration mood:
1 is the version of this format, and 7 tells it from other types for as long as there are files of it. A column of it is
text, ``"now" /* enum mood */ TEXT CHECK /* enum mood */ ("now" IN ('sad', 'ok'))``: other programs write no label that
there is not, and see what the labels are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..types.registry import FIRST_ENUMERATION, PgType, enumerated, enumeration

VERSION = 1
MARK = re.compile(r"\A[^/]*?/\* enum (\d+), number (\d+) \*/")
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_ANY = r"/\* enum [^ ]+ \*/"
_TEXT = r"'(?:[^']|'')*'"
Labels = tuple[tuple[str, float], ...]


def oid_of(number: int) -> int:
    """Return the OID of the type with this number; that of its array follows it."""
    return FIRST_ENUMERATION + 2 * number


def titled(name: str) -> str:
    """Return the name of a type as it is shown."""
    return name if _PLAIN.fullmatch(name) else quote_identifier(name)


def type_of(name: str, number: int, labels: Iterable[str]) -> PgType:
    """Return the type of an enumeration."""
    return enumeration(oid_of(number), name, titled(name), tuple(labels))


def view(name: str, number: int, labels: Labels) -> str:
    r"""Return the statement that makes an enumeration's view.

    >>> view("mood", 7, (("sad", 1.0),))
    'CREATE VIEW "mood"(label, place) AS /* enum 1, number 7 */ VALUES (\'sad\', 1.0)'
    """
    rows = ", ".join(f"({quote_text(label)}, {place!r})" for label, place in labels)
    query = f"VALUES {rows}" if rows else "SELECT '', 0.0 WHERE 0"
    return (
        f"CREATE VIEW {quote_identifier(name)}(label, place) AS /* enum {VERSION}, number {number} */ {query}"
    )


def noted(name: str, *, several: bool = False) -> str:
    """Return the comment by which a definition names an enumeration, or an array of it.

    >>> noted("mood"), noted("My */ type", several=True)
    ('/* enum mood */', '/* enum My%20%2A%2F%20type[] */')
    """
    return f"/* enum {quote(name, safe='')}{'[]' if several else ''} */"


def note(kind: PgType) -> str:
    """Return the comment by which a definition names this type, an enumeration or an array of one."""
    found = enumerated(kind)
    assert found is not None  # noqa: S101 - the caller has asked
    return noted(found.name, several=bool(kind.element))


def check(column: str, kind: PgType) -> str:
    """Return the constraint that keeps other programs from writing what is no label; "" for an array."""
    if kind.category != "E":
        return ""
    listed = ", ".join(map(quote_text, kind.labels)) or "NULL"
    return f"CHECK {note(kind)} ({quote_identifier(column)} IN ({listed}))"


def _check_pattern(note: str) -> str:
    inner = rf"(?:[^()'\"]|{_TEXT})*"
    return rf'(CHECK {note} \((?:"(?:[^"]|"")*"|\w+) IN \(){inner}(\)\))'


def relabelled(sql: str, name: str, kind: PgType) -> str:
    """Return a definition whose columns may have the labels that the type has now."""
    listed = ", ".join(map(quote_text, kind.labels)) or "NULL"
    return re.sub(_check_pattern(re.escape(noted(name))), lambda m: f"{m[1]}{listed}{m[2]}", sql)


def unnamed(sql: str) -> str:
    """Return a column's definition without anything of an enumeration: its constraint, and the comments."""
    sql = re.sub(rf"\s*{_check_pattern(_ANY)}", "", sql)
    return re.sub(rf"\s*{_ANY}", "", sql)


def end_of_default(sql: str, end: int) -> int:
    """Return where a default is over: behind the comment that tells its label from other texts."""
    found = re.compile(rf"\s*{_ANY}").match(sql, end)
    return found.end() if found else end


def each_literal(sql: str, name: str, change: Callable[[str], str]) -> str:
    """Return a definition with each label that it writes out changed; arrays of them are given as they are written."""
    for several in (False, True):
        pattern = rf"({_TEXT})(\)? {re.escape(noted(name, several=several))})"
        sql = re.sub(pattern, lambda m: quote_text(change(m[1][1:-1].replace("''", "'"))) + m[2], sql)
    return sql


def renamed(sql: str, name: str, new: str) -> str:
    """Return a definition that names an enumeration by its new name."""
    for several in (False, True):
        sql = sql.replace(noted(name, several=several), noted(new, several=several))
    return sql


def sorts(sql: str, name: str) -> bool:
    """Does a definition hold the order of an enumeration?"""
    return f"CASE {noted(name)}" in sql


def names(sql: str, name: str) -> bool:
    """Does a definition name an enumeration at all?"""
    return noted(name) in sql or noted(name, several=True) in sql
