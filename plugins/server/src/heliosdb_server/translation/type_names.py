"""The parser's part for types with their modifiers, and for aliases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..protocol.errors import PgError
from ..types import intervals, registry
from ..types.registry import PgType, Sized
from .cursor import NO_ALIAS, TokenCursor
from .lexer import Kind

if TYPE_CHECKING:
    from .domains import Domain

FIELDS = ("year", "month", "day", "hour", "minute", "second")

_WITHOUT_VALUES = frozenset(("bit", "varbit", "point", "xml"))  # clients look for them, and that is all


class TypeNames(TokenCursor):
    """Reads the names of types."""

    # ---- types ----

    domain: Domain | None = None  # what the last type was written as

    def type_name(self, *, domains: bool = False) -> tuple[Sized, str]:
        """Return the type written here, with its modifier, and its name as it is written.

        :param domains: may it be a domain? Then :attr:`domain` tells which, and its own type is returned
        :raises PgError: no such type
        """
        self.domain = None
        token = last = self.token
        parts = [self.label()]
        while self.take_op("."):
            last = self.token
            parts.append(self.label())
        written = parts
        if parts[:-1] not in ([], ["pg_catalog"], ["public"]):
            parts = parts[-2:]
        name = parts[-1] if token.kind is not Kind.QUOTED or parts[-1] != "char" else '"char"'
        name = self._long_type(name)
        arguments: list[int] = []
        if self.is_op("(") and self.ahead().kind is Kind.NUMBER:
            self.at += 1
            while True:
                if self.token.kind is not Kind.NUMBER:
                    raise self.error()
                arguments.append(int(self.advance().value))
                if not self.take_op(","):
                    break
            self.expect_op(")")
        if self.is_word("with", "without") and self.ahead().value == "time" and name in ("timestamp", "time"):
            with_zone = self.advance().value == "with"
            self.expect("time", "zone")
            name += "tz" if with_zone else ""
        if name == "interval":
            arguments = self.interval_modifier(arguments)
        brackets = ""
        while (self.is_op("[") and self.ahead().value == "]") or (
            self.is_op("[") and self.ahead(2).value == "]" and self.ahead().kind is Kind.NUMBER
        ):
            while not self.take_op("]"):
                self.at += 1
            brackets = "[]"
        if self.take("array"):
            brackets = "[]"
        if name == "float":  # float(24) has four bytes, float(25) eight
            name, arguments = ("float4" if arguments and arguments[0] <= 24 else "float8"), []
        kind = registry.by_name(name + brackets)
        own = self.own_type(tuple(written), quoted=last.kind is Kind.QUOTED, beside=kind)
        if own is not None and not arguments:
            kind = registry.array_of(own) if brackets else own
        if kind is None and (found := self.domain_of(tuple(written))) is not None:
            if brackets or not domains:
                what = "an array of a domain" if brackets else "a domain"
                raise PgError(
                    "0A000", f"{what} is not supported here", hint=f"Use its type, {registry.title(*found.base)}.",
                    position=token.start + 1,
                )  # fmt: skip
            self.domain = found
            return found.base, found.name
        if kind is None:
            raise PgError("42704", f'type "{name}{brackets}" does not exist', position=token.start + 1)
        if (registry.item_of(kind) or kind).name in _WITHOUT_VALUES:
            raise PgError("0A000", f"values of type {kind.title} are not supported", position=token.start + 1)
        if kind.name == "bpchar" and name in ("char", "character") and not arguments:
            arguments = [1]
        return Sized(kind, registry.modifier(kind, tuple(arguments)) if arguments else -1), name + brackets

    def own_type(
        self, parts: tuple[str, ...], *, quoted: bool, beside: PgType | None = None
    ) -> PgType | None:
        """Return the type of the database's own that a name means.

        :param quoted: does it stand in quotes, which keep its capital letters?
        :param beside: the type of PostgreSQL's that has the name
        """
        schema = parts[-2] if len(parts) > 1 else ""
        if self.own_types is None or schema not in ("", "public"):
            return None
        if beside is not None and not schema and not (quoted and parts[-1] != beside.name):
            return None
        return self.own_types.type_named(parts[-1], qualified=bool(schema))

    def interval_modifier(self, arguments: Sequence[int]) -> list[int]:
        """Return the modifier of the type interval for its fields, ``DAY TO SECOND(3)``; [] for none."""
        first = self.take_one(*FIELDS)
        last = self.take_one(*FIELDS) if first and self.take("to") else first
        if first and (not last or FIELDS.index(last) < FIELDS.index(first)):
            raise self.error()
        digits = list(arguments)
        if last == "second" and self.is_op("(") and self.ahead().kind is Kind.NUMBER:
            self.at += 1
            digits = [int(self.advance().value)]
            self.expect_op(")")
        if not first and not digits:
            return []
        return [intervals.modifier(first, last, *(min(each, 6) for each in digits))]

    def domain_of(self, parts: tuple[str, ...]) -> Domain | None:
        """Return the domain that a name means; None when there is none."""
        schema = parts[-2] if len(parts) > 1 else ""
        if self.own_types is None or schema not in ("", "public"):
            return None
        return self.own_types.domain_named(parts[-1], qualified=bool(schema))

    def _long_type(self, name: str) -> str:
        if name == "double" and self.take("precision"):
            return "double precision"
        if name in ("character", "char", "nchar") and self.take("varying"):
            return "character varying"
        if name == "national" and self.take_one("character", "char"):
            return "character varying" if self.take("varying") else "character"
        return name

    def alias(self, *, bare: bool = True) -> str:
        """Return the alias that stands here, with or without AS; "" for none."""
        if self.take("as"):
            return self.label()
        token = self.token
        if bare and (token.kind is Kind.QUOTED or (token.kind is Kind.WORD and token.value not in NO_ALIAS)):
            self.at += 1
            return token.value
        return ""
