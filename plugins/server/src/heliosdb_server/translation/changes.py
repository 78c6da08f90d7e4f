"""INSERT, UPDATE and DELETE as SQLite reads them."""
# ruff: noqa: E501 - a row of a table is one line
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from ..types.registry import NUMERIC, TEXT, Sized
from . import tree
from .decimals import listed as shown
from .scope import Column, Ex, Relation, Scope, TableInfo
from .upserts import Upserts

_ROW_TYPES = (tree.Insert, tree.Update, tree.Delete)


class Step(NamedTuple):
    """A change in a WITH: run first, and its rows given to the statement as a parameter."""

    sql: str
    columns: tuple[Column, ...]
    parameter: int


class Changes(Upserts):
    """Writes statements that change rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.steps: list[Step] = []
        self.changed: set[tuple[str, str]] = set()  # tables that the steps change
        self.given = 0  # how many parameters are the client's

    # ---- changes in WITH ----

    def with_text(
        self,
        items: list[tree.With],
        recursive: bool,
        scope: Scope | None,
        level: dict[str, tuple[Column, ...]],
    ) -> str:
        if any(isinstance(item.query, _ROW_TYPES) for item in items) and len(self._ctes) > 1:
            raise PgError("0A000", "a WITH query that changes rows must stand at the top level")
        return super().with_text(items, recursive, scope, level)

    def changing(self, item: tree.With, level: dict[str, tuple[Column, ...]]) -> str:
        query = item.query
        assert isinstance(query, _ROW_TYPES)
        text, columns = self.change(query)
        info = self.table_info(query.table)
        self.changed.add((info.schema, info.name.lower()))
        number = self.given + len(self.steps) + 1
        self.steps.append(Step(text, columns, number))
        level[item.name] = tuple(c._replace(sql="", source=(0, 0)) for c in columns)
        listed = ", ".join(
            f"json_extract(value, '$[{at}]') AS {quote_identifier(c.name)}" for at, c in enumerate(columns)
        )
        return f"{quote_identifier(item.name)} AS (SELECT {listed or 'NULL'} FROM json_each(?{number}))"

    def table_info(self, table: tree.Table) -> TableInfo:
        info = super().table_info(table)
        if (info.schema, info.name.lower()) in self.changed:
            raise PgError(
                "0A000",
                f'"{info.name}" is changed by a WITH query and named beside it: here one would see the other\'s changes',
                hint="Run two statements in one transaction.",
            )
        return info

    # ---- the statements ----

    def change(self, node: tree.Node) -> tuple[str, tuple[Column, ...]]:
        """Return INSERT, UPDATE or DELETE, and the columns that RETURNING names."""
        assert isinstance(node, _ROW_TYPES)
        self.writes = True
        level: dict[str, tuple[Column, ...]] = {}
        self._ctes.append(level)
        try:
            with_ = self.with_text(node.with_, node.recursive, None, level)
            if isinstance(node, tree.Insert):
                text, columns = self._insert(node)
            elif isinstance(node, tree.Update):
                text, columns = self._update(node)
            else:
                text, columns = self._delete(node)
        finally:
            self._ctes.pop()
        return with_ + text, columns

    def _target(self, table: tree.Table) -> TableInfo:
        info = self.table_info(table)
        if info.schema in ("pg_catalog", "information_schema"):
            raise PgError("42501", f"permission denied for table {info.name}")
        if info.kind == "sequence":
            raise PgError("42809", f'cannot change sequence "{info.name}"', hint="Use setval().")
        if info.kind == "view" and not info.rowid:
            pass  # an INSTEAD OF trigger may be there; SQLite knows
        return info

    def returning(
        self, items: list[tree.Target], info: TableInfo, alias: str
    ) -> tuple[str, tuple[Column, ...]]:
        """Return ``RETURNING ...`` and its columns. SQLite's knows the changed table alone."""
        if not items:
            return "", ()
        bare = tuple(c._replace(sql=quote_identifier(c.name)) for c in info.columns)
        scope = Scope([Relation(alias or info.name, bare)])
        targets = self.targets(items, scope)
        columns = tuple(Column(name, ex.sized, "", ex.source) for name, ex in targets)
        listed = ", ".join(f"{shown(ex)} AS {quote_identifier(name)}" for name, ex in targets)
        return f" RETURNING {listed}", columns

    def _insert(self, node: tree.Insert) -> tuple[str, tuple[Column, ...]]:
        info = self._target(node.table)
        alias = node.table.alias or node.table.parts[-1]
        columns = [self._column(info, name, node.at) for name in node.columns]
        if len({c.name for c in columns}) != len(columns):
            raise PgError("42701", "a column is specified more than once", position=node.at + 1)
        self._refuse_computed(node, info, columns)
        head = f"INSERT INTO {self.written(info)} AS {quote_identifier(alias)}"
        returning, returned = self.returning(node.returning, info, alias)
        if node.source is None and info.given_key:
            raise self._missing_key(info)
        if node.source is None and not info.sequences:
            return head + " DEFAULT VALUES" + returning, returned
        if node.source is None:
            named = ", ".join(map(quote_identifier, info.sequences))
            values = ", ".join(map(self._next, info.sequences.values()))
            return f"{head} ({named}) VALUES ({values}){returning}", returned
        names, source = self._source(node, info, columns)
        listed = ", ".join(quote_identifier(name) for name in names)
        if node.conflict is not None and not _is_one_row(node.source):
            source = self.each_once(node.conflict, info, alias, names, source)
        text = f"{head} ({listed}) {source}"
        if node.conflict is not None:
            text += self.conflict(node.conflict, info, alias)
        return text + returning, returned

    def _refuse_computed(self, node: tree.Insert, info: TableInfo, columns: list[Column]) -> None:
        """Refuse values for columns that make their own."""
        if not info.computed or (node.overriding == "system" and not info.computed - {info.rowid}):
            return
        body = node.source
        while isinstance(body, tree.Select):
            body = body.body
        rows = body.rows if isinstance(body, tree.Values) else []
        width = max(map(len, rows), default=len(info.columns) if node.source is not None else 0)
        for at, column in enumerate((columns or list(info.columns))[:width]):
            if column.name not in info.computed or (
                rows and all(isinstance(r[at], tree.Default) for r in rows)
            ):
                continue
            if node.overriding == "user" and column.name == info.rowid:
                continue
            raise PgError(
                "428C9",
                f'cannot insert a non-DEFAULT value into column "{column.name}"',
                detail=f'Column "{column.name}" is an identity column defined as GENERATED ALWAYS.'
                if column.name == info.rowid
                else f'Column "{column.name}" is a generated column.',
                hint="Use OVERRIDING SYSTEM VALUE to override." if column.name == info.rowid else "",
            )

    def _source(self, node: tree.Insert, info: TableInfo, columns: list[Column]) -> tuple[list[str], str]:
        source = node.source
        body = source
        while isinstance(body, tree.Select) and not (body.with_ or body.order or body.limit or body.offset):
            body = body.body
        if isinstance(body, tree.Values):
            width = max(len(row) for row in body.rows)
            given = columns or [c for c in info.columns if not c.sql.startswith("generated")][:width]
            if width > len(given):
                raise PgError(
                    "42601", "INSERT has more expressions than target columns", position=node.at + 1
                )
            if any(len(row) != width for row in body.rows):
                raise PgError("42601", "VALUES lists must all be the same length", position=node.at + 1)
            if columns and width < len(columns):
                raise PgError(
                    "42601", "INSERT has more target columns than expressions", position=node.at + 1
                )
            given = given[:width]
            scope = Scope()
            # A column that gets its default in every row is left out: SQLite knows best what that is.
            spared = {
                at
                for at in range(width)
                if all(isinstance(row[at], tree.Default) for row in body.rows)
                and given[at].name not in info.sequences
            }
            if len(spared) == width and len(body.rows) == 1:
                spared = set(range(1, width))
            kept = [at for at in range(width) if at not in spared]
            there = {c.name for c in given}
            counting = {name: sequence for name, sequence in info.sequences.items() if name not in there}
            if info.given_key and info.given_key not in {given[at].name for at in kept}:
                raise self._missing_key(info)
            rows = []
            for row in body.rows:
                rows.append(  # noqa: PERF401
                    "("
                    + ", ".join(
                        [
                            *(
                                self._key(
                                    info, given[at].name, self.assigned(row[at], given[at], scope, info)
                                )
                                for at in kept
                            ),
                            *map(self._next, counting.values()),
                        ]
                    )
                    + ")"
                )
            return [*(given[at].name for at in kept), *counting], "VALUES " + ", ".join(rows)
        assert source is not None
        if isinstance(body, tree.Core) and not any(isinstance(t.expr, tree.Star) for t in body.targets):
            for target, column in zip(body.targets, columns or info.columns, strict=False):
                if isinstance(target.expr, tree.Param) and self.parameters.get(target.expr.number) is None:
                    known = column.sized or Sized(TEXT)  # it takes the type of the column that it goes into
                    target.expr = tree.Cast(target.expr, Sized(known.type), "", at=target.expr.at)
        text, made = self.rows_to_keep(source)
        given = columns or list(info.columns[: len(made)])
        if len(made) > len(given):
            raise PgError("42601", "INSERT has more expressions than target columns", position=node.at + 1)
        if columns and len(made) < len(columns):
            raise PgError("42601", "INSERT has more target columns than expressions", position=node.at + 1)
        plain = body if isinstance(body, tree.Core) else None
        if plain is not None and not plain.distinct and len(plain.targets) == len(made):
            # A literal takes the type of the column that it goes into.
            for target, column in zip(plain.targets, given, strict=False):
                if (
                    isinstance(target.expr, tree.Const)
                    and target.expr.kind == "string"
                    and column.sized is not None
                ):
                    target.expr = tree.Cast(target.expr, Sized(column.sized.type), "", at=target.expr.at)
            text, made = self.rows_to_keep(source)
        stored = [
            self._stored_place(f"s.c{at}", m, c, text, node.at)
            for at, (m, c) in enumerate(zip(made, given, strict=False))
        ]
        places = ", ".join(f"c{at}" for at in range(len(made)))
        there = {c.name for c in given[: len(made)]}
        counting = {name: sequence for name, sequence in info.sequences.items() if name not in there}
        if info.given_key and info.given_key not in there:
            raise self._missing_key(info)
        stored = [self._key(info, c.name, text_) for text_, c in zip(stored, given, strict=False)]
        stored += map(self._next, counting.values())
        names = [*(c.name for c in given[: len(made)]), *counting]
        if all(text_ == f"s.c{at}" for at, text_ in enumerate(stored)):
            return names, f"SELECT * FROM ({text}) WHERE true"
        name = self.fresh("inserted")
        made_text = (
            f"WITH {name}({places}) AS ({text}) SELECT {', '.join(stored)} FROM {name} AS s WHERE true"
        )
        return names, made_text

    def _stored_place(self, place: str, was: Column, column: Column, query: str, at: int) -> str:
        """Return a column of the rows of a query as it is stored in a column."""
        sized = column.sized
        if was.sized is None or was.source[0] or was.sized != Sized(NUMERIC):
            return self.stored(Ex(place, was.sized), sized, column, at) if sized is not None else place
        if sized is None or sized.type is NUMERIC:
            return self.kept(place, was.sized, sized, query)
        return self.stored(Ex(place, was.sized), sized, column, at)

    def sets(self, sets: list[tuple[tuple[str, ...], tree.Node]], info: TableInfo, scope: Scope) -> str:
        parts = []
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
            if len(names) == 1:
                stored = self.assigned(value, columns[0], scope, info)
                parts.append(f"{quote_identifier(columns[0].name)} = {stored}")
                continue
            listed = ", ".join(quote_identifier(c.name) for c in columns)
            if isinstance(value, tree.Sub):
                text, made = self.rows_to_keep(value.query, scope)
                if len(made) != len(names):
                    raise PgError("42601", "number of columns does not match number of values")
                parts.append(f"({listed}) = ({self._row_for(columns, text, made, value)})")
                continue
            if not isinstance(value, tree.Row) or len(value.items) != len(names):
                raise PgError(
                    "42601", "number of columns does not match number of values", position=value.at + 1
                )
            for column, item in zip(columns, value.items, strict=True):
                parts.append(f"{quote_identifier(column.name)} = {self.assigned(item, column, scope, info)}")
        return ", ".join(parts)

    def _row_for(self, columns: list[Column], text: str, made: tuple[Column, ...], value: tree.Sub) -> str:
        """Return the query of ``SET (a, b) = (SELECT ...)``, whose row becomes values of these columns."""
        several = not self.one_row(value.query)  # of which SQLite would take the first
        parts = []
        for at, (column, one) in enumerate(zip(columns, made, strict=True)):
            place = f"max(s.c{at})" if several else f"s.c{at}"
            stored = self._stored_place(place, one, column, text, value.at)
            if several and not at:
                stored = f"CASE WHEN count(*) > 1 THEN pg_more_than_one() ELSE {stored} END"
                self.functions = True
            parts.append(stored)
        if all(stored == f"s.c{at}" for at, stored in enumerate(parts)):
            return text
        name = self.fresh("set")
        places = ", ".join(f"c{at}" for at in range(len(made)))
        return f"WITH {name}({places}) AS ({text}) SELECT {', '.join(parts)} FROM {name} AS s"

    def _update(self, node: tree.Update) -> tuple[str, tuple[Column, ...]]:
        info = self._target(node.table)
        alias = node.table.alias or node.table.parts[-1]
        scope = Scope([Relation(alias, info.columns)])
        sources = ", ".join(self.source(each, scope) for each in node.sources)
        text = f"UPDATE {self.written(info)} AS {quote_identifier(alias)} SET {self.sets(node.sets, info, scope)}"
        if sources:
            text += f" FROM {sources}"
        if node.where is not None:
            text += f" WHERE {self.truth(node.where, scope, 'WHERE')}"
        returning, columns = self._returning_own(node.returning, info, alias, scope)
        return text + returning, columns

    def _returning_own(
        self, items: list[tree.Target], info: TableInfo, alias: str, scope: Scope
    ) -> tuple[str, tuple[Column, ...]]:
        """Return RETURNING of a change that reads other tables: SQLite's knows the changed table alone."""
        if len(scope.relations) == 1:
            return self.returning(items, info, alias)
        self.targets(items, scope)  # is it wrong in any case? Names that two tables have are
        bare = next((i for i in items if isinstance(i.expr, tree.Star) and not i.expr.parts), None)
        try:
            if bare is not None:
                raise PgError("42703", "", position=bare.at + 1)
            return self.returning(items, info, alias)
        except PgError as error:
            if error.code not in ("42P01", "42703"):
                raise
            raise PgError(
                "0A000", "RETURNING can name columns of the changed table alone",
                hint=f"For example, RETURNING {alias}.*.", position=error.position,
            ) from None  # fmt: skip

    def _delete(self, node: tree.Delete) -> tuple[str, tuple[Column, ...]]:
        info = self._target(node.table)
        alias = node.table.alias or node.table.parts[-1]
        text = f"DELETE FROM {self.written(info)} AS {quote_identifier(alias)}"
        target = Scope([Relation(alias, info.columns)])
        seen = target
        if node.using:
            inner = seen = Scope(outer=target)
            sources = ", ".join(self.source(each, inner) for each in node.using)
            text += f" WHERE EXISTS (SELECT 1 FROM {sources}"
            if node.where is not None:
                text += f" WHERE {self.truth(node.where, inner, 'WHERE')}"
            text += ")"
        elif node.where is not None:
            text += f" WHERE {self.truth(node.where, target, 'WHERE')}"
        both = Scope([*target.relations, *seen.relations]) if node.using else target
        returning, columns = self._returning_own(node.returning, info, alias, both)
        return text + returning, columns


def _is_one_row(node: tree.Node | None) -> bool:
    while isinstance(node, tree.Select):
        node = node.body
    return isinstance(node, tree.Values) and len(node.rows) == 1
