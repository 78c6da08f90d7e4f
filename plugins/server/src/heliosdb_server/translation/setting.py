"""SET: what UPDATE, ON CONFLICT and MERGE give to which columns."""

from __future__ import annotations

from typing import NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from ..types.registry import INTEGERS, JSONB, NUMERIC, TEXT, Sized, item_of
from . import tree
from .assigning import Assigning
from .literals import S_INT4
from .scope import Column, Ex, Scope, TableInfo


class Assignment(NamedTuple):
    """What SET gives to a column, or the row of a query that it gives to several."""

    columns: list[Column]
    text: str
    is_row: bool = False

    def __str__(self) -> str:
        names = ", ".join(quote_identifier(c.name) for c in self.columns)
        return f"({names}) = ({self.text})" if self.is_row else f"{names} = {self.text}"


class Setting(Assigning):
    """Writes what columns are set to."""

    def sets(self, sets: list[tuple[tuple[str, ...], tree.Node]], info: TableInfo, scope: Scope) -> str:
        """Return what stands behind SET."""
        return ", ".join(map(str, self.assignments(sets, info, scope)))

    def assignments(
        self, sets: list[tuple[tuple[str, ...], tree.Node]], info: TableInfo, scope: Scope
    ) -> list[Assignment]:
        """Return what columns are set to, each once."""
        made: list[Assignment] = []
        once: set[str] = set()
        for names, value in sets:
            for name in names:
                if name.lower() in once:
                    raise PgError(
                        "42601", f'multiple assignments to same column "{name}"', position=value.at + 1
                    )
                once.add(name.lower())
        for names, value in sets:
            columns = [self._column(info, name, value.at) for name in names]
            for column in columns:
                if column.name in info.computed and not isinstance(value, tree.Default):
                    raise PgError("428C9", f'column "{column.name}" can only be updated to DEFAULT')
            if isinstance(value, tree.Elements):
                made.append(Assignment(columns, self._elements(value, columns[0], info, scope)))
            elif len(names) == 1:
                made.append(Assignment(columns, self.assigned(value, columns[0], scope, info)))
            elif isinstance(value, tree.Sub):
                text, found = self.rows_to_keep(value.query, scope)
                if len(found) != len(names):
                    raise PgError("42601", "number of columns does not match number of values")
                made.append(Assignment(columns, self._row_for(columns, text, found, value), is_row=True))
            elif not isinstance(value, tree.Row) or len(value.items) != len(names):
                raise PgError(
                    "42601", "number of columns does not match number of values", position=value.at + 1
                )
            else:
                made += [
                    Assignment([column], self.assigned(item, column, scope, info))
                    for column, item in zip(columns, value.items, strict=True)
                ]
        return made

    def _elements(self, node: tree.Elements, column: Column, info: TableInfo, scope: Scope) -> str:
        """Return an array with some of its elements set anew."""
        kind = (column.sized or Sized(TEXT)).type
        if kind is JSONB:
            raise PgError(
                "0A000", "assigning to a part of a document is not supported", hint="Use jsonb_set().",
                position=node.at + 1,
            )  # fmt: skip
        if column.sized is None or not kind.element:
            raise PgError(
                "42804",
                f"cannot subscript type {kind.title} because it does not support subscripting",
                position=node.at + 1,
            )
        one = column._replace(sized=Sized(item_of(kind) or TEXT, column.sized.modifier))
        self.functions = True
        text = scope.relations[0].column(column).text  # the changed table comes first
        for chain, value in node.items:
            if isinstance(value, tree.Default):
                raise PgError("0A000", "cannot set an array element to DEFAULT", position=node.at + 1)
            if any(each.is_slice for each in chain):
                raise PgError(
                    "0A000", "assigning to a slice of an array is not supported", position=node.at + 1
                )
            places = []
            for each in chain:
                assert each.index is not None  # noqa: S101 - no slice
                place = self.ex(each.index, scope, S_INT4)
                if place.type not in INTEGERS and place.text != "NULL":
                    raise PgError("42804", "array subscript must have type integer", position=each.at + 1)
                places.append(place.text)
            text = f"pg_array_set({text}, {self.assigned(value, one, scope, info)}, {', '.join(places)})"
        return text

    def _row_for(self, columns: list[Column], text: str, made: tuple[Column, ...], value: tree.Sub) -> str:
        """Return the query of ``SET (a, b) = (SELECT ...)``, whose row becomes values of these columns."""
        several = not self.one_row(value.query)  # of which SQLite would take the first
        parts = []
        for at, (column, one) in enumerate(zip(columns, made, strict=True)):
            place = f"max(s.c{at})" if several else f"s.c{at}"
            stored = self.stored_place(place, one, column, text, value.at)
            if several and not at:
                stored = f"CASE WHEN count(*) > 1 THEN pg_more_than_one() ELSE {stored} END"
                self.functions = True
            parts.append(stored)
        if all(stored == f"s.c{at}" for at, stored in enumerate(parts)):
            return text
        name = self.fresh("set")
        places = ", ".join(f"c{at}" for at in range(len(made)))
        return f"WITH {name}({places}) AS ({text}) SELECT {', '.join(parts)} FROM {name} AS s"

    def stored_place(self, place: str, was: Column, column: Column, query: str, at: int) -> str:
        """Return a column of the rows of a query as it is stored in a column."""
        sized = column.sized
        if was.sized is None or was.source[0] or was.sized != Sized(NUMERIC):
            return self.stored(Ex(place, was.sized), sized, column, at) if sized is not None else place
        if sized is None or sized.type is NUMERIC:
            return self.kept(place, was.sized, sized, query)
        return self.stored(Ex(place, was.sized), sized, column, at)
