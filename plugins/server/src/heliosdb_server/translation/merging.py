"""MERGE: what becomes of each row of a table beside those of a source."""

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..protocol.errors import PgError
from . import tree
from .inserting import Inserting
from .scope import Relation, Scope, TableInfo

_MOST = 100  # values that one call takes: some of SQLite's allow no more than 127


class Merging(Inserting):
    """Writes MERGE.

    The rows of the source and those that they meet are found first, each with the WHEN that applies to it and the
    values that it sets or inserts. Then each WHEN does its part as a statement of its own: those that delete, those
    that update, those that insert, so that a key which one gives up is free for the other. All see the table as it was.
    """

    def merged(self, node: tree.Merge) -> list[str]:
        """Return the statements that run behind the step which finds the rows."""
        info = self.target(node.table)
        if info.kind == "view":
            raise PgError(
                "0A000",
                f'cannot execute MERGE on relation "{info.name}"',
                detail="This operation is not supported for views.",
            )
        alias = node.table.alias or node.table.parts[-1]
        given = Scope()
        source = self.source(node.source, given)
        if any(relation.alias.lower() == alias.lower() for relation in given.relations):
            raise PgError(
                "42712",
                f'name "{alias}" specified more than once',
                detail="The name is used both as MERGE target table and data source.",
                position=node.source.at + 1,
            )
        merged = [(start + 1, end + 1, names) for start, end, names in given.merged]
        both = Scope([Relation(alias, info.columns), *given.relations], merged=merged)
        own = [f"{quote_identifier(alias)}.{each}" for each in self.row_key(info, "MERGE")]
        table = f"{self.written(info)} AS {quote_identifier(alias)}"
        on = self.truth(node.on, both, "JOIN/ON")
        there = f"{own[0]} IS NOT NULL"
        cases: list[str] = []
        texts: list[tuple[int, str]] = []
        number = self.next_step()
        for at, when in enumerate(node.whens):
            scope = both if when.matched else given
            test = there if when.matched else f"NOT {there}"
            if when.condition is not None:
                test += f" AND {self.truth(when.condition, scope, 'WHEN')}"
            if when.action == "nothing":
                cases.append(f"WHEN {test} THEN NULL")
                continue
            values, order, text = self._action(when, info, table, own, scope, number + at)
            texts.append((order, text))
            cases.append(f"WHEN {test} THEN {_packed(at, values)}")
        inner = all(when.matched for when in node.whens)
        rows = f"{source} JOIN {table} ON {on}" if inner else f"{source} LEFT JOIN {table} ON {on}"
        listed = ", ".join([*own, f"CASE {' '.join(cases)} END"])
        changing = tuple(when.action in ("update", "delete") for when in node.whens)
        self.found_first(f"SELECT {listed} FROM {rows}", (), len(own), parts=changing)
        return [text for _, text in sorted(texts, key=lambda each: each[0])]

    def _action(
        self, when: tree.When, info: TableInfo, table: str, own: list[str], scope: Scope, number: int
    ) -> tuple[list[str], int, str]:
        """Return the values that a WHEN needs of each row, its place among the others, and its statement."""
        if when.action == "delete":
            return [], 0, f"DELETE FROM {table}{self.these(own, number)}"
        if when.action == "update":
            sets = self.assignments(when.sets, info, scope)
            values = [self.packed(each) if each.is_row else each.text for each in sets]
            text = f"UPDATE {table} SET {self.held_sets(sets, own, number)}{self.these(own, number)}"
            return values, 1, text
        names, values = self._inserted(when, info, scope)
        places = range(len(own), len(own) + len(names))
        found = ", ".join(f"pg_held_at({number}, {at}, value)" for at in places)
        listed = ", ".join(map(quote_identifier, names))
        text = f"INSERT INTO {self.written(info)} ({listed}) SELECT {found} FROM json_each(?{number})"
        return values, 2, text

    def _inserted(self, when: tree.When, info: TableInfo, scope: Scope) -> tuple[list[str], list[str]]:
        """Return the columns that are inserted, and their values."""
        columns = self.named_columns(info, when.columns, when.at)
        if when.values is None:
            names = list(info.sequences)
            values = [self._next(each) for each in info.sequences.values()]
        else:
            rows = tree.Values([when.values], at=when.at)
            node = tree.Insert(
                tree.Table((info.name,)), when.columns, rows, None, [], overriding=when.overriding, at=when.at
            )
            self.refuse_computed(node, info, columns)
            names, (values,) = self.rows_given(node, [when.values], info, columns, scope, late=True)
        if info.given_key and info.given_key not in names:
            names.append(info.given_key)
            values.append(f"pg_missing_key({quote_text(info.name)}, {quote_text(info.given_key)})")
        if not names:  # all have their defaults, and one stands for them
            free = next((c.name for c in info.columns if c.name not in info.computed), "")
            if not free and not info.rowid:
                raise PgError("0A000", f'MERGE can\'t insert a row of defaults into "{info.name}"')
            names, values = (
                [info.rowid or free],
                ["NULL" if info.rowid else info.defaults.get(free) or "NULL"],
            )
        return names, values


def _packed(action: int, values: list[str]) -> str:
    """Return a call that makes one value of many."""
    if len(values) <= _MOST:
        return f"pg_packed({', '.join([str(action), *values])})"
    pieces = (", ".join(values[at : at + _MOST]) for at in range(0, len(values), _MOST))
    return f"pg_packed_pieces({action}, {', '.join(f'pg_packed({piece})' for piece in pieces)})"
