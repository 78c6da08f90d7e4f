"""ATTACH and VACUUM INTO on an encrypted connection: each file under the layer of its own key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import quote

from heliosdb_sqlite.plugins import Statement, run, state
from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.nesting import word_at
from heliosdb_sqlite.sql.parameters import rewrite as moved
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, Span, splice

from .connecting import NAME, Crypto
from .handing import Handed
from .keys.given import user_key
from .naming import Place, place_of
from .vfs import problems
from .vfs.layer import layer_for

VERBS = ("ATTACH", "VACUUM")
_INTO = frozenset({"INTO"})
_ATTACHED, _COPIED = "heliosdb_attached", "heliosdb_copied"


def rewrite(connection: Any, statement: Statement) -> Statement | None:
    """Return an ATTACH, or a VACUUM INTO, whose file name goes through a function of ours."""
    crypto: Crypto | None = state(connection).get(NAME)
    if crypto is None:
        return None  # encrypted columns in a plain file: what it attaches is plain
    crypto.changes_schema = True
    if not crypto.attaches:
        _define(connection, crypto)
        crypto.attaches = True
    if statement.verb == "ATTACH":
        return _attach(statement, crypto.handed)
    if statement.verb == "VACUUM":
        return _vacuum(statement)
    return None


def _attach(statement: Statement, handed: Handed) -> Statement | None:
    """ATTACH [DATABASE] expr AS expr [KEY expr]: SQLite parses KEY, and does nothing with it."""
    tokens = [token for token in tokenize(statement.text) if token.text != ";"]
    first = 2 if len(tokens) > 1 and tokens[1].word == "DATABASE" else 1
    as_at, key_at = (word_at(tokens, frozenset({word}), first) for word in ("AS", "KEY"))
    if as_at == len(tokens) or as_at == first:
        return None
    start, end = tokens[first].start, tokens[as_at - 1].end
    text = statement.text
    if key_at == len(tokens) or key_at < as_at:
        return statement.rewritten(splice(text, [Edit(start, start, f"{_ATTACHED}("), Edit(end, end, ")")]))
    if key_at + 1 >= len(tokens):
        return None
    expression = tokens[key_at + 1 :]
    key = Span(expression[0].start, expression[-1].end)
    name = handed.named(expression)
    made = moved(
        text,
        [
            Edit(start, start, f"{_ATTACHED}("),
            Edit(end, end, (", ", f"'{name}'" if name else key, ")")),
            Edit(tokens[key_at].start, key.end),
        ],
    )
    hide, move = handed.binder(text, expression), made.bind
    if hide is None or move is None:
        return statement.rewritten(made.text).noted(NAME, hide or move)
    return statement.rewritten(made.text).noted(NAME, lambda values: move(hide(values)))


def binder_for(statement: Statement) -> Callable[[Any], Any] | None:
    """Return what puts the parameters of a rewritten statement in their new order."""
    return statement.notes.get(NAME) if statement.verb == "ATTACH" else None


def _vacuum(statement: Statement) -> Statement | None:
    """VACUUM [schema] INTO expr."""
    tokens = [token for token in tokenize(statement.text) if token.text != ";"]
    at = word_at(tokens, _INTO, 1)
    if at + 1 >= len(tokens):
        return None
    start, end = tokens[at + 1].start, tokens[-1].end
    return statement.rewritten(
        splice(statement.text, [Edit(start, start, f"{_COPIED}("), Edit(end, end, ")")])
    )


def around(connection: Any, statement: Statement) -> Callable[[], AbstractContextManager[None]] | None:
    """Have VACUUM keep the size of pages: another one that was asked for is that of new databases and of copies."""
    if statement.verb != "VACUUM" or state(connection).get(NAME) is None:
        return None
    tokens = [token for token in tokenize(statement.text) if token.text != ";"]
    if word_at(tokens, _INTO, 1) < len(tokens):
        return None
    schema = quote_identifier(tokens[1].name if len(tokens) > 1 else "main")

    @contextmanager
    def keeping() -> Iterator[None]:
        (size,) = run(connection, f"PRAGMA {schema}.page_size").fetchone() or (0,)
        run(connection, f"PRAGMA {schema}.page_size = {int(size)}")
        yield

    return keeping


def _define(connection: Any, crypto: Crypto) -> None:
    """Define the functions that a rewritten statement calls."""

    def attached(name: Any, *key: Any) -> Any:
        keys = tuple(map(crypto.handed.take, key))
        return _named(name, lambda place: _under(crypto, place, keys, reserves=False))

    def copied(name: Any) -> Any:
        return _named(name, lambda place: _under(crypto, place, (), reserves=True))

    connection.create_function(_ATTACHED, 1, attached)
    connection.create_function(_ATTACHED, 2, attached)
    connection.create_function(_COPIED, 1, copied)


def _named(name: Any, under: Callable[[Place], str]) -> Any:
    """Return the URI for a file name; what is no name stays what it is, and SQLite says so."""
    if not isinstance(name, (str, bytes)):
        return name
    try:
        place = place_of(name, uri=True)
        return name if place is None else under(place)
    except Exception as error:
        problems.note(problems.FUNCTION, str(error))
        raise


def _under(crypto: Crypto, place: Place, key: tuple[Any, ...], *, reserves: bool) -> str:
    if key and key[0] == "":  # as SQLCipher has it: a database in the clear
        return f"{place.base}?{place.query}{'&' if place.query else ''}vfs={quote(_default())}"
    found = user_key(key[0], place.path, "KEY") if key else crypto.key_for(os.path.abspath(place.path))
    return place.under(layer_for(found).name, reserves=reserves)


def _default() -> str:
    from .vfs.layer import default_name

    return default_name()
