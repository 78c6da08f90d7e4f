"""Which file a connection will open."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

Database = str | bytes | os.PathLike[str] | os.PathLike[bytes]


@dataclass(frozen=True)
class Target:
    """What connect() will hand to SQLite; a plugin may put another file or VFS in its place.

    >>> Target("app.db").moved("app.db-branches/x.db").database
    'app.db-branches/x.db'
    """

    database: Database
    keywords: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """The standard library's other keywords of this connect(): ``timeout``, ``uri`` ..."""
    serialized: bool = False
    """Whether threads that share the connection wait for each other before SQLite is reached. A plugin needs that
    whose own code SQLite calls while a statement runs, as a VFS does; connections without it pay nothing."""
    explain: Callable[[BaseException], None] | None = None
    """Completes an error of this connection in place, ``error.args``, wherever SQLite raised it: while rows are fetched
    or a transaction commits too. May be handed one error more than once."""

    def moved(self, database: Database, **keywords: Any) -> Target:
        """Return a target with another file name and, where given, other keywords."""
        return replace(self, database=database, keywords=MappingProxyType({**self.keywords, **keywords}))
