"""UPDATE and DELETE, alone and with tables beside the changed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from . import tree
from .holding import Places, placed, used
from .returning import Returning
from .scope import Column, Relation, Scope, TableInfo
from .setting import Assignment


class JoinedChanges(Returning):
    """Writes UPDATE and DELETE.

    Mostly each is one of SQLite's. Where RETURNING names another table's columns, or SET asks the changed table itself,
    the rows are found first: which of the other table's belongs to each, and what it is set to. Then no row is changed
    by what has become of another, and RETURNING names the row that SET has used.
    """

    if TYPE_CHECKING:

        def target(self, table: tree.Table, *, adds: bool = False) -> TableInfo: ...

    def update(self, node: tree.Update, *, beside: bool) -> tuple[str, tuple[Column, ...]]:
        """Return an UPDATE, and the columns that it returns."""
        info = self.target(node.table)
        alias = node.table.alias or node.table.parts[-1]
        scope = Scope([Relation(alias, info.columns)])
        sources = self._sources(node.sources, scope)
        sets = self.assignments(node.sets, info, scope)
        where = f" WHERE {self.truth(node.where, scope, 'WHERE')}" if node.where is not None else ""
        number = self.next_step()
        seen = self._seen_by_returning(scope, number, info.row)
        returning, columns = self.returning(node.returning, info, seen, "update", beside=beside)
        table = f"{self.written(info)} AS {quote_identifier(alias)}"
        if not used(returning) and not self.reads([value for _, value in node.sets], info, "update"):
            listed = ", ".join(map(str, sets))
            return (
                f"UPDATE {table} SET {listed}{' FROM ' + sources if sources else ''}{where}{returning}",
                columns,
            )
        own = [f"{quote_identifier(alias)}.{each}" for each in self.row_key(info, "such an UPDATE")]
        values = [self.packed(each) if each.is_row else each.text for each in sets]
        renewed = self._renewed(info, sets) if used(returning) else ()
        returning = self._find(
            [*own, *values], f"{table}{', ' + sources if sources else ''}{where}", scope, returning, len(own), renewed
        )  # fmt: skip
        given = self.held_sets(sets, own, number)
        return f"UPDATE {table} SET {given}{self.these(own, number)}{returning}", columns

    def delete(self, node: tree.Delete, *, beside: bool) -> tuple[str, tuple[Column, ...]]:
        """Return a DELETE, and the columns that it returns."""
        info = self.target(node.table)
        alias = node.table.alias or node.table.parts[-1]
        scope = Scope([Relation(alias, info.columns)])
        sources = self._sources(node.using, scope)
        where = f" WHERE {self.truth(node.where, scope, 'WHERE')}" if node.where is not None else ""
        number = self.next_step()
        seen = self._seen_by_returning(scope, number, info.row)
        returning, columns = self.returning(node.returning, info, seen, "delete", beside=beside)
        table = f"{self.written(info)} AS {quote_identifier(alias)}"
        if not used(returning):
            if sources:
                where = f" WHERE EXISTS (SELECT 1 FROM {sources}{where})"
            return f"DELETE FROM {table}{where}{returning}", columns
        own = [f"{quote_identifier(alias)}.{each}" for each in self.row_key(info, "such a DELETE")]
        returning = self._find(own, f"{table}, {sources}{where}", scope, returning, len(own))
        return f"DELETE FROM {table}{self.these(own, number)}{returning}", columns

    def _sources(self, nodes: list[tree.Node], scope: Scope) -> str:
        made = ", ".join(self.further_source(each, scope) for each in nodes)
        aliases = [relation.alias.lower() for relation in scope.relations]
        for at, name in enumerate(aliases):
            if name and name in aliases[:at]:
                raise PgError("42712", f'table name "{scope.relations[at].alias}" specified more than once')
        return made

    # ---- rows that are found first ----

    def _seen_by_returning(self, scope: Scope, number: int, key: tuple[str, ...]) -> Scope:
        """Return what RETURNING may name: columns of the other tables are those of the row that was found."""
        row = ", ".join(key)
        count = 0

        def held(text: str) -> str:
            nonlocal count
            count += 1
            return f"pg_held_new({number}, u{count - 1}, {row})" if text else ""

        relations = [scope.relations[0]]
        for relation in scope.relations[1:]:
            columns = []
            for column in relation.columns:
                ex = relation.column(column)
                made = column._replace(sql=held(ex.text), shown="", digits=held(ex.shown))
                text = held(column.merged[0] if column.merged else "")
                merged = (text, column.merged[1]) if column.merged else None
                columns.append(made._replace(merged=merged))
            relations.append(relation._replace(columns=tuple(columns)))
        return Scope(relations, merged=scope.merged)

    def _find(
        self, listed: list[str], rows: str, scope: Scope, returning: str, key: int, renewed: Places = ()
    ) -> str:
        """Have the rows found first, and return RETURNING with the places of what it names of them."""
        named = used(returning)
        there: list[str] = []
        for relation in scope.relations[1:]:
            for column in relation.columns:
                ex = relation.column(column)
                there += [ex.text, ex.shown, column.merged[0] if column.merged else ""]
        places = {each: len(listed) + at for at, each in enumerate(named)}
        columns = ", ".join([*listed, *(there[each] for each in named)])
        self.found_first(f"SELECT {columns} FROM {rows}", (), key, renewed)
        return placed(returning, places)

    @staticmethod
    def held_sets(sets: list[Assignment], own: list[str], number: int) -> str:
        """Return what stands behind SET: values that were found, behind the keys of their rows."""
        given = []
        for at, each in enumerate(sets, len(own)):
            value = f"pg_held({number}, {at}, {', '.join(own)})"
            given += [
                f"{quote_identifier(c.name)} = "
                + (f"pg_unpacked({value}, {place})" if each.is_row else value)
                for place, c in enumerate(each.columns)
            ]
        return ", ".join(given)

    @staticmethod
    def these(own: list[str], number: int) -> str:
        """Return the condition that a row is one of those that were found."""
        found = ", ".join(f"pg_held_at({number}, {at}, value)" for at in range(len(own)))
        rows = own[0] if len(own) == 1 else f"({', '.join(own)})"
        return f" WHERE {rows} IN (SELECT {found} FROM json_each(?{number}))"

    def packed(self, each: Assignment) -> str:
        """Return the row of a query as one value."""
        name = self.fresh("row")
        places = ", ".join(f"c{at}" for at in range(len(each.columns)))
        return f"(WITH {name}({places}) AS ({each.text}) SELECT pg_packed({places}) FROM {name})"

    def _renewed(self, info: TableInfo, sets: list[Assignment]) -> Places:
        """Return where a row found first has the key that it will have; () where that stays."""
        places = {name: (at, -1) for at, name in enumerate(info.row)}
        for at, each in enumerate(sets, len(info.row)):
            for place, column in enumerate(each.columns):
                name = quote_identifier(column.name)
                if name in places:
                    places[name] = at, place if each.is_row else -1
        found = tuple(places[name] for name in info.row)
        return () if found == tuple((at, -1) for at in range(len(info.row))) else found
