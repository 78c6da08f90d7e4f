"""CREATE, ALTER and DROP of a database's own types: what is checked before, and what the session is to do."""

from __future__ import annotations

from ..protocol.errors import PgError, not_supported
from ..types import registry
from ..types.registry import enumerated
from . import tree
from .definitions import of_domain
from .domain_values import of_value
from .domains import Domain
from .likening import Likening
from .naming import free_name
from .schema_edit import DomainChange, TypeChange


class TypeDefinitions(Likening):
    """Writes statements about types."""

    def _refuse_type(self, name: str) -> None:
        """Refuse a relation with the name of a type: the type of its rows would have it too."""
        if self.schema.is_type(name):
            raise PgError(
                "42710",
                f'type "{name}" already exists',
                hint="A relation has an associated type of the same name, so you must use a name that doesn't conflict"
                " with any existing type.",
            )

    def _type_name(self, parts: tuple[str, ...], *, making: bool = False) -> str:
        schema = parts[-2] if len(parts) > 1 else self.schema.making() if making else "public"
        if schema.startswith("pg_temp"):
            raise not_supported("types that last for a session are not supported")
        if schema in ("pg_catalog", "information_schema"):
            raise PgError("42501", f"permission denied for schema {schema}")
        if schema != "public":
            raise PgError("3F000", f'schema "{schema}" does not exist')
        return parts[-1]

    def _run_createtype(self, node: tree.CreateType) -> list[TypeChange]:
        return [TypeChange("create", self._type_name(node.name, making=True), node.labels)]

    def _run_createdomain(self, node: tree.CreateDomain) -> list[DomainChange]:
        name = self._type_name(node.name, making=True)
        if enumerated(node.base.type) is not None:
            raise not_supported("a domain over an enumeration is not supported")
        checks: list[tuple[str, str]] = []
        for label, clause in node.checks:
            given = label or free_name(f"{name}_check", lambda each: each in dict(checks))
            if given in dict(checks):
                raise PgError("42710", f'constraint "{given}" for domain "{name}" already exists')
            checks.append((given, clause))
        made = Domain(name, 0, node.base, node.not_null, node.default, tuple(checks))
        self.column_text(
            of_domain(tree.ColumnDef("value", node.base, "", at=node.at), made),
            of_value('"value"', node.base),
            "",
        )
        return [DomainChange("create", name, made)]

    def _dropped_domains(self, node: tree.Drop) -> list[DomainChange]:
        made = []
        for parts in node.names:
            shown = ".".join(parts)
            if self.schema.domain_named(parts[-1], qualified=len(parts) > 1) is not None:
                made.append(DomainChange("drop", parts[-1], cascade=node.cascade))
            elif self.schema.type_named(parts[-1], qualified=len(parts) > 1) or registry.by_name(shown):
                raise PgError("42809", f'"{shown}" is not a domain')
            elif not node.if_exists:
                raise PgError("42704", f'type "{shown}" does not exist')
        return made

    def _run_altertype(self, node: tree.AlterType) -> list[TypeChange]:
        if self.schema.domain_named(node.name[-1], qualified=len(node.name) > 1) is not None:
            if node.what != "nothing":
                raise PgError("42809", f"{node.name[-1]} is not an enum")
            return []
        own = self.schema.type_named(node.name[-1], qualified=len(node.name) > 1)
        if own is None or own.category != "E":
            shown = ".".join(node.name)
            known = own or registry.by_name(shown.removeprefix("pg_catalog."))
            if known is None:
                raise PgError("42704", f'type "{shown}" does not exist')
            raise PgError("42809", f"{known.title} is not an enum")
        if node.what == "nothing":
            return []
        return [
            TypeChange(
                node.what, own.name, (), node.value, node.new, node.beside, node.before, node.if_not_exists
            )
        ]

    def _dropped_types(self, node: tree.Drop) -> list[TypeChange | DomainChange]:
        made: list[TypeChange | DomainChange] = []
        for parts in node.names:
            shown = ".".join(parts)
            own = self.schema.type_named(parts[-1], qualified=len(parts) > 1)
            domain = self.schema.domain_named(parts[-1], qualified=len(parts) > 1)
            if domain is not None:
                made.append(DomainChange("drop", domain.name, cascade=node.cascade))
                continue
            if own is not None and own.category == "E":
                made.append(TypeChange("drop", own.name, cascade=node.cascade))
                continue
            known = own or registry.by_name(shown.removeprefix("pg_catalog."))
            if known is not None:
                why = (
                    f"type {known.title[:-2]} requires it"
                    if own is not None
                    else "it is required by the database system"
                )
                raise PgError("2BP01", f"cannot drop type {known.title} because {why}")
            if not node.if_exists:
                raise PgError("42704", f'type "{shown}" does not exist')
        return made
