"""What SELECT and RETURNING list, and conditions on rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol.errors import PgError
from ..types.registry import BPCHAR, BYTEA, FLOAT4, FLOAT8, RECORD, REG, Sized
from . import tree
from .decimals import exact, is_free
from .literals import S_TEXT
from .naming import name_of
from .scope import Column, Ex, Relation, Scope
from .tables import Tables


class Listing(Tables):
    """Writes what a query lists."""

    if TYPE_CHECKING:
        _ctes: list[dict[str, tuple[Column, ...]]]

    def targets(self, items: list[tree.Target], scope: Scope) -> list[tuple[str, Ex]]:
        """Return what SELECT or RETURNING lists: names and expressions, stars written out."""
        found: list[tuple[str, Ex]] = []
        for item in items:
            if isinstance(item.expr, tree.Star):
                found += self._star_columns(item.expr, scope)
                continue
            outermost = len(self._ctes) <= 1
            made = (self._record(item.expr, scope) if outermost else None) or self.ex(item.expr, scope)
            if outermost and made.type is not None and made.type in REG:
                made = self.own(f"pg_reg_both('{made.type.name}', {made.text})", made.sized)
            made = self.typed(made, S_TEXT, item.at)
            found.append((item.alias or name_of(item.expr), made))
        return found

    def _record(self, node: tree.Node, scope: Scope) -> Ex | None:
        """Return a row as a value of type record, as clients read one; None for what is no row."""
        if isinstance(node, tree.Row):
            items = [self.ex(item, scope) for item in node.items]
        elif isinstance(node, tree.Name) and len(node.parts) == 1 and scope.find(node.parts, -1) is None:
            relation = scope.relation(node.parts[0])
            if relation is None:
                return None
            items = [relation.column(column) for column in relation.columns]
        else:
            return None
        parts = []
        for item in items:
            sized = item.sized or S_TEXT
            value = self._field(item)
            parts.append(f"{sized.type.oid}, {sized.modifier}, {value}")
        return self.own(f"json_array({', '.join(parts)})", Sized(RECORD))

    def _field(self, item: Ex) -> str:
        """Return a value as an item of the array that a record travels as."""
        if item.type is BYTEA:
            return f"CASE WHEN {item.text} IS NOT NULL THEN hex({item.text}) END"
        if is_free(item) or item.sized == Sized(BPCHAR):
            return exact(item)
        return self.json_item(item) if item.type in (FLOAT4, FLOAT8) else item.text

    def _star_columns(self, star: tree.Star, scope: Scope) -> list[tuple[str, Ex]]:
        wanted = star.parts[-1] if star.parts else None
        if wanted == "*":
            raise PgError("0A000", "(...).* is not supported", position=star.at + 1)
        listed: list[tuple[int, Relation, Column]] = []
        for at, relation in enumerate(scope.relations):
            if wanted is not None and relation.alias.lower() != wanted.lower():
                continue
            if relation.open:
                raise PgError("0A000", f'the columns of "{relation.alias}" are not known: name them')
            for column in relation.columns:
                if wanted is None and column.name.lower() in relation.hidden:
                    continue
                listed.append((at, relation, column))
        if wanted is None:
            for start, end, names in scope.merged:
                listed = _merged_first(listed, start, end, names)
        found = [
            (column.name, relation.column(column, merged=wanted is None)) for _, relation, column in listed
        ]
        if not found and wanted is not None:
            if (outer := scope.outer.relation(wanted) if scope.outer else None) is not None:
                inner = Scope([outer])
                return self._star_columns(star, inner)
            raise PgError("42P01", f'missing FROM-clause entry for table "{wanted}"', position=star.at + 1)
        if not scope.relations:
            raise PgError("42601", "SELECT * with no tables specified is not valid", position=star.at + 1)
        return found


def _merged_first(
    listed: list[tuple[int, Relation, Column]], start: int, end: int, names: tuple[str, ...]
) -> list[tuple[int, Relation, Column]]:
    """Return the columns of * with those that a join has merged before the others of its tables."""
    inside = [each for each in listed if start <= each[0] < end]
    places = {each[2].name.lower(): each for each in reversed(inside)}
    first = [
        places[name] for name in names if name in places
    ]  # others are merged into a column of a join around
    rest = [each for each in inside if not any(each is one for one in first)]
    before = [each for each in listed if each[0] < start]
    return [*before, *first, *rest, *(each for each in listed if each[0] >= end)]
