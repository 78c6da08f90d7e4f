"""Which file a connection means, and the URI that opens it under a file layer of ours."""

from __future__ import annotations

import os
import sqlite3
from functools import cache, lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from .vfs.binding import sqlite

_MEMORY = ":memory:"


class Place(NamedTuple):
    """A database's place: the part of a URI before its query, and the query."""

    base: str
    query: str = ""

    @property
    def path(self) -> str:
        """The file's path; "" for a database in memory or in a temporary file."""
        return _path(self)

    def under(self, layer: str, *, reserves: bool = False) -> str:
        """Return the URI that opens the database under a file layer.

        :param reserves: whether who opens it tells SQLite which bytes of each page to leave alone
        """
        query = f"{self.query}{'&' if self.query else ''}vfs={layer}"
        return f"{self.base}?{query}{'&heliosdb_reserves=1' if reserves else ''}"


def place_of(database: Any, *, uri: bool) -> Place | None:
    """Return the place of what ``sqlite3.connect`` would open; None where it refuses the value itself.

    :param uri: whether a name that begins with ``file:`` is a URI
    :raises NotSupportedError: the URI asks for what an encrypted connection can't have
    """
    try:
        name = os.fsencode(database)
    except (TypeError, UnicodeEncodeError):
        return None
    return _place(name, uri=uri)


@lru_cache(maxsize=256)
def _path(place: Place) -> str:
    path = os.fsdecode(unquote_to_bytes(place.base.removeprefix("file:")))
    if path.startswith("//"):
        path = "/" + path[2:].partition("/")[2]
    if os.name == "nt" and path[:1] == "/" and path[2:3] == ":":
        path = path[1:]
    in_memory = path == _MEMORY or ("mode", "memory") in parse_qsl(place.query)
    return "" if in_memory else path


@lru_cache(maxsize=256)
def _place(name: bytes, *, uri: bool) -> Place | None:
    if b"\0" in name:
        return None
    if (uri or _every_name_is_uri()) and name.startswith(b"file:"):
        place = _of_uri(name.decode("utf-8", "surrogateescape"))
        _refuse(place)
        return place
    if name == _MEMORY.encode():
        return Place("file::memory:")
    if os.name == "nt":
        name = name.replace(b"\\", b"/")
        if name[1:2] == b":":
            name = b"/" + name
    path = quote(name)
    return Place(f"file://{path}" if path.startswith("/") else f"file:{path}")


def _of_uri(uri: str) -> Place:
    base, _, query = uri.partition("#")[0].partition("?")
    return Place(base, query)


def _refuse(place: Place) -> None:
    given = dict(parse_qsl(place.query, keep_blank_values=True))
    if given.get("cache") == "shared":
        raise sqlite3.NotSupportedError(
            "cache=shared can't be had with encryption_key: connections that share a cache share a lock too, which "
            "Python's threads would wait for in circles; leave it out"
        )
    if given.get("psow", "1") in ("0", "no", "off", "false"):
        raise sqlite3.NotSupportedError(
            "psow=0 can't be had with encryption_key: SQLite would write pieces of pages, which can't be sealed; leave "
            "it out"
        )
    if "vfs" in given:
        raise sqlite3.NotSupportedError(
            f"vfs={given['vfs']} can't be had with encryption_key, which brings a VFS of its own: leave it out"
        )


@cache
def _every_name_is_uri() -> bool:
    return bool(sqlite().compiled_with(b"USE_URI"))
