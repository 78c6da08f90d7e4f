"""Definitions for a session whose search_path leaves public out, as pg_dump's does: what is in it is named with it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Container

from heliosdb_sqlite.sql.lexer import Kind, tokenize
from heliosdb_sqlite.sql.names import folded
from heliosdb_sqlite.sql.splice import Edit, splice

_BEFORE = frozenset(("FROM", "JOIN", "REFERENCES"))
_CAST = re.compile(r"""'(?:[^']|'')*'|::("(?:[^"]|"")*"|\w+)""")
_REGCLASS = re.compile(r"'([^'.]+)'::regclass")


def qualified(text: str, tables: Container[str], types: Container[str] = ()) -> str:
    """Return a definition with ``public.`` before these tables, whose names are given folded, and types.

    >>> qualified("SELECT a.b FROM a JOIN c ON nextval('s'::regclass) > 1 AND b = 'x'::mood", {"a"}, {"mood"})
    "SELECT a.b FROM public.a JOIN c ON nextval('public.s'::regclass) > 1 AND b = 'x'::public.mood"
    """
    tokens = tokenize(text)
    edits = [
        Edit(token.start, token.start, "public.")
        for before, token in itertools.pairwise(tokens)
        if before.word in _BEFORE and token.kind in (Kind.WORD, Kind.QUOTED) and folded(token.name) in tables
    ]
    made = _REGCLASS.sub(r"'public.\1'::regclass", splice(text, edits))
    return _CAST.sub(lambda m: f"::public.{m[1]}" if m[1] and m[1] in types else m[0], made)
