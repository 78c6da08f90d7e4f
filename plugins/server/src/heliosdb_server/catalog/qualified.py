"""Definitions for a session whose search_path leaves public out, as pg_dump's does: tables are named with it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Container

from heliosdb_sqlite.sql.lexer import Kind, tokenize
from heliosdb_sqlite.sql.names import folded
from heliosdb_sqlite.sql.splice import Edit, splice

_BEFORE = frozenset(("FROM", "JOIN", "REFERENCES"))
_REGCLASS = re.compile(r"'([^'.]+)'::regclass")


def qualified(text: str, tables: Container[str]) -> str:
    """Return a definition with ``public.`` before these tables, whose names are given folded.

    >>> qualified("SELECT a.b FROM a JOIN c ON nextval('s'::regclass) > 1", {"a"})
    "SELECT a.b FROM public.a JOIN c ON nextval('public.s'::regclass) > 1"
    """
    tokens = tokenize(text)
    edits = [
        Edit(token.start, token.start, "public.")
        for before, token in itertools.pairwise(tokens)
        if before.word in _BEFORE and token.kind in (Kind.WORD, Kind.QUOTED) and folded(token.name) in tables
    ]
    return _REGCLASS.sub(r"'public.\1'::regclass", splice(text, edits))
