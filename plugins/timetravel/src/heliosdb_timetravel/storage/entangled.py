"""Tells the tables of which one change leads to others while SQLite is still at it: by foreign keys, or by triggers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from heliosdb_sqlite.sql.lexer import Token, tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier

from .names import OWN
from .shape import Run

_ACTIONS = "('CASCADE', 'SET NULL', 'SET DEFAULT')"
Leads = dict[str, set[str]]


def entangled_tables(run: Run, schema: str) -> set[str]:
    """Return the tables, in lower case, of which a changed row may change others of theirs before it is done.

    Triggers that fire AFTER an INSERT or UPDATE of a table do not make it one: its row is in by then. Those in TEMP
    count too, of this connection.
    """
    q = quote_identifier(schema)
    first: Leads = {}  # what a change of a row leads to before it is done
    leads: Leads = {}  # what it leads to at all
    for child, parent in run(
        f'SELECT lower(m.name), lower(f."table") FROM {q}.sqlite_master AS m, pragma_foreign_key_list(m.name, ?) AS f '
        "WHERE m.type = 'table' AND m.sql LIKE '%REFERENCES%' "
        f"AND (f.on_update IN {_ACTIONS} OR f.on_delete IN {_ACTIONS})",
        (schema,),
    ).fetchall():
        _add(first, parent, [child])
        _add(leads, parent, [child])
    for _, on, sql in _triggers(run, schema):
        header, body = _parts(tokenize(sql))
        written = list(_written(body))
        _add(leads, on, written)
        if not _is_after_a_row_came(header):
            _add(first, on, written)
    return {table for table, begin in first.items() if table in _reached(begin, leads)}


def writing_triggers(run: Run, schema: str, table: str) -> list[str]:
    """Return the names of the user's triggers, on whatever table, that write to a table."""
    return [
        name for name, _, sql in _triggers(run, schema) if table.lower() in _written(_parts(tokenize(sql))[1])
    ]


def _triggers(run: Run, schema: str) -> list[tuple[str, str, str]]:
    """Return the user's triggers: the name of each, its table in lower case, its text."""
    triggers = (
        "SELECT name, lower(tbl_name), sql FROM {}.sqlite_master WHERE type = 'trigger' AND name NOT GLOB ?"
    )
    both = f"{triggers.format(quote_identifier(schema))} UNION ALL {triggers.format('temp')}"
    found: list[tuple[str, str, str]] = run(both, (f"{OWN}*",) * 2).fetchall()
    return found


def _add(leads: Leads, table: str, to: Iterable[str]) -> None:
    leads.setdefault(table, set()).update(to)


def _reached(begin: set[str], leads: Leads) -> set[str]:
    reached: set[str] = set()
    while begin - reached:
        reached |= begin
        begin = {name for each in reached for name in leads.get(each, ())}
    return reached


def _parts(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """Return a trigger's tokens up to its BEGIN, and those that follow."""
    begin = next((at for at, token in enumerate(tokens) if token.word == "BEGIN"), len(tokens))
    return tokens[:begin], tokens[begin + 1 :]


def _is_after_a_row_came(header: list[Token]) -> bool:
    words = [token.word for token in header]
    return any(one == "AFTER" and two in ("INSERT", "UPDATE") for one, two in pairwise(words))


def _written(body: list[Token]) -> Iterator[str]:
    """Yield the tables and views that a trigger's statements write to, in lower case."""
    for at, token in enumerate(body[:-1]):
        target = at + 1
        if token.word == "UPDATE" and body[target].word == "OR":
            target += 2
        is_target = token.word in ("INTO", "UPDATE") or (
            token.word == "FROM" and body[at - 1].word == "DELETE"
        )
        if is_target and target < len(body):
            yield body[target].name.lower()
