"""The enumerations of a database: their types, read from the views that hold their labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from ..translation import domains, labels
from ..translation.domains import Domain
from ..translation.parser import type_written
from ..types.registry import BY_OID, PgType, array_of, enumerated

if TYPE_CHECKING:
    from .objects import Object


class Enumeration(NamedTuple):
    """An enumeration as it stands in the file."""

    name: str
    number: int
    labels: labels.Labels
    type: PgType


class Enumerations:
    """Knows the enumerations of one version of the schema, which are read when one is asked for."""

    if TYPE_CHECKING:
        objects: list[Object]
        _rows: Callable[..., list[tuple[Any, ...]]]

        def sees(self, schema: str) -> bool: ...

    def __init__(self) -> None:
        self._enumerations: dict[str, Enumeration] | None = None
        self._domains: dict[str, Domain] | None = None
        self._newer: dict[str, str] = {}

    def enumerations(self) -> dict[str, Enumeration]:
        """Return the enumerations by name; those of a newer format are not among them."""
        if self._enumerations is None:
            self._enumerations = {}
            for name, number, view in self._marked(labels.MARK, labels.VERSION):
                found = tuple(
                    (str(label), float(place))
                    for label, place in self._rows(f"SELECT label, place FROM {view} ORDER BY place")
                )
                kind = labels.type_of(name, number, (label for label, _ in found))
                self._enumerations[name] = Enumeration(name, number, found, kind)
        return self._enumerations

    def domains(self) -> dict[str, Domain]:
        """Return the domains by name; those of a newer format are not among them."""
        if self._domains is None:
            self._domains = {}
            for name, number, view in self._marked(domains.MARK, domains.VERSION):
                rows = self._rows(f"SELECT part, name, text FROM {view}")
                parts = {part: text for part, _, text in rows}
                self._domains[name] = Domain(
                    name,
                    number,
                    type_written(parts["type"]),
                    "not null" in parts,
                    parts.get("default", ""),
                    tuple((check, text) for part, check, text in rows if part == "check"),
                )
        return self._domains

    def _marked(self, mark: re.Pattern[str], version: int) -> Iterator[tuple[str, int, str]]:
        """Yield the name, the number and the view of each type with this mark; remember those of a newer format."""
        for each in self.objects:
            found = mark.search(each.sql or "") if each.kind == "type" else None
            if found is None:
                continue
            if int(found[1]) > version:
                self._newer[each.name] = found[1]
            else:
                yield each.name, int(found[2]), f"{each.schema}.{quote_identifier(each.name)}"

    def domain_named(self, name: str, *, qualified: bool = True) -> Domain | None:
        """Return the domain of this name.

        :param qualified: does its schema stand before it?
        :raises PgError: it is of a newer format
        """
        if not qualified and not self.sees("public"):
            return None
        found = self.domains().get(name)
        if found is None:
            self._refuse_newer(name)
        return found

    def _refuse_newer(self, name: str) -> None:
        if name in self._newer:
            raise PgError(
                "0A000",
                f'type "{name}" has format {self._newer[name]}, and this server knows {labels.VERSION}',
            )

    def type_named(self, name: str, *, qualified: bool = True) -> PgType | None:
        """Return the type of the database's own that has this name, ``_name`` for an array of it.

        :param qualified: does its schema stand before it?
        :raises PgError: it is of a newer format
        """
        if not qualified and not self.sees("public"):
            return None
        found = self.enumerations().get(name)
        if found is None:
            self._refuse_newer(name)
        if found is None and name[:1] == "_" and name[1:] in self.enumerations():
            return array_of(self.enumerations()[name[1:]].type)
        return found.type if found is not None else None

    def defines_types(self) -> bool:
        """Has the database types of its own?"""
        return any(each.kind == "type" for each in self.objects)

    def is_type(self, name: str) -> bool:
        """Does a type of the database's own stand in the file under this name, which has no case there?"""
        return any(each.kind == "type" and each.name.lower() == name.lower() for each in self.objects)

    def type_of(self, oid: int) -> PgType | None:
        """Return the type with this OID, of PostgreSQL's or the database's own."""
        if oid in BY_OID:
            return BY_OID[oid]
        for each in self.enumerations().values():
            if each.type.oid == oid:
                return each.type
            if each.type.array == oid:
                return array_of(each.type)
        return None

    def type_title(self, oid: int) -> str | None:
        """Return the name of the type or domain with this OID, as it is shown: with its schema where that is needed."""
        schema = "" if self.sees("public") else "public."
        kind = self.type_of(oid)
        if kind is not None:
            return f"{schema}{kind.title}" if enumerated(kind) is not None else kind.title
        return next((schema + each.title for each in self.domains().values() if each.oid == oid), None)

    def type_titles(self) -> set[str]:
        """Return the names of all types of the database's own as they are shown without their schema."""
        return {each.type.title for each in self.enumerations().values()} | {
            each.title for each in self.domains().values()
        }

    def noted_type(self, mark: str) -> PgType | None:
        """Return the type that a column's comment names; None when it is gone."""
        name = unquote(mark.removeprefix("enum ").removesuffix("[]"))
        kind = self.type_named(name)
        return array_of(kind) if mark.endswith("[]") else kind
