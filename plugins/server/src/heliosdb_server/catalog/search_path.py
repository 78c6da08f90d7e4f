"""search_path: in which schemas names without one are looked for, and where such a name is made."""

from __future__ import annotations

from functools import lru_cache

from ..protocol.errors import PgError

_SCHEMAS = frozenset(("public", "pg_catalog", "information_schema"))


class SearchPath(tuple[str, ...]):
    """The schemas of a path that there are, in their order; those that are always looked in are not among them."""

    __slots__ = ()

    @property
    def schema(self) -> str | None:
        """What current_schema() is: where tables are made."""
        return next((each for each in self if each != "pg_temp"), None)

    @property
    def searched(self) -> tuple[str, ...]:
        """All that is looked in, in order: temporary tables and the catalog come first unless they are listed."""
        return tuple([each for each in ("pg_temp", "pg_catalog") if each not in self]) + self

    def making(self) -> str:
        """Return the schema in which a name without one is made.

        :raises PgError: there is none, or it is the catalog's
        """
        first = self[0] if self else None
        if first is None:
            raise PgError("3F000", "no schema has been selected to create in")
        if first in ("pg_catalog", "information_schema"):
            raise PgError("42501", f"permission denied for schema {first}")
        return first


PUBLIC = SearchPath(("public",))


@lru_cache(maxsize=64)
def search_path(text: str) -> SearchPath:
    """Return a setting's path.

    >>> search_path('"$user", nowhere, public'), search_path("pg_catalog").searched
    (('public',), ('pg_temp', 'pg_catalog'))

    :raises PgError: it is no list of names
    """
    names = []
    rest = text.strip()
    while rest:
        if rest[0] == '"':
            end = rest.find('"', 1)
            while end >= 0 and rest[end : end + 2] == '""':
                end = rest.find('"', end + 2)
            if end < 0:
                raise _wrong(text)
            name, rest = rest[1:end].replace('""', '"'), rest[end + 1 :].strip()
        else:
            name, comma, rest = rest.partition(",")
            name, rest = name.strip().lower(), comma + rest.strip()
            if not name or " " in name or '"' in name:
                raise _wrong(text)
        names.append(name)
        if rest[:1] == ",":
            rest = rest[1:].strip()
            if not rest:
                raise _wrong(text)
        elif rest:
            raise _wrong(text)
    folded = ["pg_temp" if name.startswith("pg_temp") else name for name in names]
    return SearchPath(dict.fromkeys(name for name in folded if name in _SCHEMAS or name == "pg_temp"))


def _wrong(text: str) -> PgError:
    return PgError(
        "22023", f'invalid value for parameter "search_path": "{text}"', detail="List syntax is invalid."
    )
