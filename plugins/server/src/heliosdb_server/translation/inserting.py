"""INSERT: which columns get which values."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from ..types.registry import TEXT, Sized
from . import tree
from .joined_changes import JoinedChanges
from .scope import Column, Relation, Scope, TableInfo


class Inserting(JoinedChanges):
    """Writes INSERT."""

    def insert(self, node: tree.Insert, *, beside: bool) -> tuple[str, tuple[Column, ...]]:
        updates = node.conflict is not None and node.conflict.update is not None
        info = self.target(node.table, adds=not updates)  # beside another change, too: it reads nothing
        alias = node.table.alias or node.table.parts[-1]
        columns = self.named_columns(info, node.columns, node.at)
        self.refuse_computed(node, info, columns)
        head = f"INSERT INTO {self.written(info)} AS {quote_identifier(alias)}"
        scope = Scope([Relation(alias, info.columns)])
        returning, returned = self.returning(
            node.returning, info, scope, "update" if node.conflict else "insert", beside=beside
        )
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
            if self.reads([node.conflict.update, node.conflict.update_where], info, "update"):
                raise PgError(
                    "0A000", f'a query in DO UPDATE can\'t read "{info.name}" while several rows are inserted',
                    hint="Insert them one by one, or ask before.", position=node.conflict.at + 1,
                )  # fmt: skip
            source = self.each_once(node.conflict, info, alias, names, source)
        text = f"{head} ({listed}) {source}"
        if node.conflict is not None:
            text += self.conflict(node.conflict, info, alias)
        return text + returning, returned

    def named_columns(self, info: TableInfo, names: tuple[str, ...], at: int) -> list[Column]:
        """Return the columns that INSERT names."""
        columns = [self._column(info, name, at) for name in names]
        if len({c.name for c in columns}) != len(columns):
            raise PgError("42701", "a column is specified more than once", position=at + 1)
        return columns

    def refuse_computed(self, node: tree.Insert, info: TableInfo, columns: list[Column]) -> None:
        """Refuse values for columns that make their own."""
        if not info.computed:
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
            identity = column.name in info.identities
            if identity and node.overriding:
                continue
            raise PgError(
                "428C9",
                f'cannot insert a non-DEFAULT value into column "{column.name}"',
                detail=f'Column "{column.name}" is an identity column defined as GENERATED ALWAYS.'
                if identity
                else f'Column "{column.name}" is a generated column.',
                hint="Use OVERRIDING SYSTEM VALUE to override." if identity else "",
            )

    def _source(self, node: tree.Insert, info: TableInfo, columns: list[Column]) -> tuple[list[str], str]:
        source = node.source
        body = source
        while isinstance(body, tree.Select) and not (body.with_ or body.order or body.limit or body.offset):
            body = body.body
        if isinstance(body, tree.Values):
            names, rows = self.rows_given(node, body.rows, info, columns, Scope())
            return names, "VALUES " + ", ".join(f"({', '.join(row)})" for row in rows)
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
            self.stored_place(f"s.c{at}", m, c, text, node.at)
            for at, (m, c) in enumerate(zip(made, given, strict=False))
        ]
        places = ", ".join(f"c{at}" for at in range(len(made)))
        there = {c.name for c in given[: len(made)]}
        counting = {name: sequence for name, sequence in info.sequences.items() if name not in there}
        if info.given_key and info.given_key not in there:
            raise self._missing_key(info)
        stored = [self._key(info, c.name, text_) for text_, c in zip(stored, given, strict=False)]
        names = [c.name for c in given[: len(made)]]
        if node.overriding == "user":
            own = {at for at, name in enumerate(names) if name in info.identities}
            counting |= {names[at]: info.sequences[names[at]] for at in own if names[at] in info.sequences}
            stored = [each for at, each in enumerate(stored) if at not in own]
            names = [each for at, each in enumerate(names) if at not in own]
        stored += map(self._next, counting.values())
        names += counting
        if len(stored) == len(made) and all(text_ == f"s.c{at}" for at, text_ in enumerate(stored)):
            return names, f"SELECT * FROM ({text}) WHERE true"
        name = self.fresh("inserted")
        made_text = (
            f"WITH {name}({places}) AS ({text}) SELECT {', '.join(stored)} FROM {name} AS s WHERE true"
        )
        return names, made_text

    def rows_given(
        self,
        node: tree.Insert,
        given_rows: list[list[tree.Node]],
        info: TableInfo,
        columns: list[Column],
        scope: Scope,
        *,
        late: bool = False,
    ) -> tuple[list[str], list[list[str]]]:
        """Return the columns that VALUES gives, and the values of each row as they are stored.

        :param columns: those that INSERT names
        :param scope: what the values may name
        :param late: whether a key that is missing is an error only where a row is inserted
        """
        width = max(len(row) for row in given_rows)
        if node.overriding == "user":
            own = {at for at, c in enumerate(columns or info.columns) if c.name in info.identities}
            given_rows = [
                [tree.Default() if at in own else each for at, each in enumerate(row)] for row in given_rows
            ]
        given = columns or [c for c in info.columns if not c.sql.startswith("generated")][:width]
        if width > len(given):
            raise PgError("42601", "INSERT has more expressions than target columns", position=node.at + 1)
        if any(len(row) != width for row in given_rows):
            raise PgError("42601", "VALUES lists must all be the same length", position=node.at + 1)
        if columns and width < len(columns):
            raise PgError("42601", "INSERT has more target columns than expressions", position=node.at + 1)
        given = given[:width]
        # A column that gets its default in every row is left out: SQLite knows best what that is.
        spared = {
            at
            for at in range(width)
            if all(isinstance(row[at], tree.Default) for row in given_rows)
            and given[at].name not in info.sequences
        }
        if len(spared) == width and len(given_rows) == 1:
            spared = set(range(1, width))
        kept = [at for at in range(width) if at not in spared]
        there = {c.name for c in given}
        counting = {name: sequence for name, sequence in info.sequences.items() if name not in there}
        if info.given_key and info.given_key not in {given[at].name for at in kept} and not late:
            raise self._missing_key(info)
        rows = []
        for row in given_rows:
            texts = [self.assigned(row[at], given[at], scope, info) for at in kept]
            keyed = [
                self._key(info, given[at].name, text, late=late) for at, text in zip(kept, texts, strict=True)
            ]
            rows.append([*keyed, *map(self._next, counting.values())])
        return [*(given[at].name for at in kept), *counting], rows


def _is_one_row(node: tree.Node | None) -> bool:
    while isinstance(node, tree.Select):
        node = node.body
    return isinstance(node, tree.Values) and len(node.rows) == 1
