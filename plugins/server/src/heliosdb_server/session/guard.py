"""What SQL from the network may do: everything inside the database that is served, and nothing beyond it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

# Pragmas that only look, or that concern this connection alone.
_PRAGMAS = frozenset(
    [
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "foreign_key_list",
        "foreign_key_check",
        "database_list",
        "collation_list",
        "function_list",
        "module_list",
        "pragma_list",
        "compile_options",
        "integrity_check",
        "quick_check",
        "optimize",
        "data_version",
    ]
)
# Pragmas that may be asked, and not be set.
_ASKED = frozenset(
    [
        "schema_version",
        "user_version",
        "application_id",
        "page_count",
        "page_size",
        "freelist_count",
        "encoding",
        "journal_mode",
        "foreign_keys",
        "synchronous",
        "cache_size",
        "auto_vacuum",
        "busy_timeout",
        "wal_autocheckpoint",
        "recursive_triggers",
        "temp_store",
        "max_page_count",
        "defer_foreign_keys",
        "case_sensitive_like",
        "query_only",
        "secure_delete",
        "locking_mode",
    ]
)
# busy_timeout: plugins change it around their own statements, and a client's patience harms nobody but itself.
_SET = frozenset(("user_version", "application_id", "defer_foreign_keys", "busy_timeout"))
_FUNCTIONS = frozenset(("load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"))
_ATTACH, _DETACH = sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH
_PRAGMA, _FUNCTION = sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_FUNCTION
_WRITES = frozenset((sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE))
_OWN = frozenset(("pg_catalog", "information_schema"))
_OK, _DENY = sqlite3.SQLITE_OK, sqlite3.SQLITE_DENY


def authorizer(trusted: Callable[[], bool]) -> Callable[..., int]:
    """Return the callback that SQLite asks about each thing that a statement does.

    :param trusted: whether the server itself, or a plugin's own statement, is at work
    """

    def allow(action: int, one: str | None, two: str | None, database: str | None, source: Any) -> int:
        if action == _FUNCTION:
            return _DENY if (two or "").lower() in _FUNCTIONS else _OK
        if action in (_ATTACH, _DETACH):
            return _OK if trusted() else _DENY
        if action == _PRAGMA:
            name = (one or "").lower()
            if name in _PRAGMAS or (name in _ASKED and two is None) or name in _SET or trusted():
                return _OK
            return _DENY
        if database in _OWN and action in _WRITES:
            return _OK if trusted() else _DENY
        return _OK

    return allow
