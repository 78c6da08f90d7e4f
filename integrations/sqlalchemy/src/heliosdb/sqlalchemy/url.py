"""What ``heliosdb://`` URLs say: the file, sqlite3's own arguments, and the options of HeliosDB's plugins."""

from __future__ import annotations

import sqlite3
from typing import Any

from heliosdb_sqlite.plugins import read_options
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

_SQLITE3 = {"uri", "timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements"}
_NO_TEXTS = {"autocommit", "factory"}
# https://www.sqlite.org/uri.html
_FILE_URI = {"mode", "cache", "immutable", "nolock", "psow", "vfs", "modeof"}


def split(url: URL) -> tuple[URL, dict[str, Any]]:
    """Return the URL that SQLAlchemy's SQLite dialect is to see, and the keywords for ``heliosdb_sqlite.connect()``.

    The password of the URL is the ``encryption_key``: SQLAlchemy shows it nowhere.

    :raises ArgumentError: a user name, a host, or an option that no installed plugin has or takes
    """
    if url.username or url.host or url.port:
        raise ArgumentError(
            f"not a HeliosDB URL: {url.render_as_string()}: it is heliosdb:///relative/file.db,"
            " heliosdb:////absolute/file.db, heliosdb:// (in memory), or heliosdb://:passphrase@/file.db"
        )
    is_uri = "uri" in url.query
    names = [name for name in url.query if name not in _SQLITE3 and not (is_uri and name in _FILE_URI)]
    if unsaid := [name for name in names if name in _NO_TEXTS]:
        raise ArgumentError(
            f"{unsaid[0]} can't be said in a URL: create_engine(..., connect_args={{{unsaid[0]!r}: ...}})"
        )
    texts: dict[str, str] = {}
    for name in names:
        text = url.query[name]
        if not isinstance(text, str):
            raise ArgumentError(f"{name}={text!r}: it stands twice in the URL")
        texts[name] = text
    try:
        options = read_options(texts)
    except (TypeError, sqlite3.Error) as error:
        raise ArgumentError(str(error)) from error
    if url.password is not None:
        options["encryption_key"] = url.password
    return url.difference_update_query(names)._replace(password=None), options
