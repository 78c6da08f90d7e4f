"""ON CONFLICT: which rows it is about, and what becomes of them."""

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from . import tree
from .scope import Relation, Scope, TableInfo
from .setting import Setting


class Upserts(Setting):
    """Writes what INSERT does with rows whose key is there already."""

    def each_once(
        self, node: tree.Conflict, info: TableInfo, alias: str, names: list[str], source: str
    ) -> str:
        """Return the rows to insert so that two with one key are an error: SQLite would change the first by the second.

        With a condition, it is one where the first of them is inserted, or changes the row that is there.
        """
        named = [each.parts[-1] for each in node.columns if isinstance(each, tree.Name)]
        key = info.keys.get(node.constraint) if node.constraint else named
        given = [name.lower() for name in names]
        unclear = node.update is None or node.where is not None
        if unclear or not key or len(named) != len(node.columns) or {k.lower() for k in key} - set(given):
            return source
        name = self.fresh("proposed")
        places = [f"c{given.index(each.lower())}" for each in key]
        columns = ", ".join(f"c{at}" for at in range(len(names)))
        there = " AND ".join(f"{each} IS NOT NULL" for each in places)
        twice = f"SELECT 1 FROM {name} WHERE {there} GROUP BY {', '.join(places)} HAVING count(*) > 1"
        parts = [f"{name}({columns}) AS MATERIALIZED ({source})"]
        tests = [f"EXISTS ({twice})"]
        if node.update_where is not None:
            numbered = self.fresh("numbered")
            parts.append(f"{numbered} AS MATERIALIZED (SELECT *, row_number() OVER () AS place FROM {name})")
            table = f"{self.written(info)} AS {quote_identifier(alias)}"
            same = [
                f"{quote_identifier(alias)}.{quote_identifier(self._column(info, each, -1).name)} = {{}}.{place}"
                for each, place in zip(key, places, strict=True)
            ]
            kept = " AND ".join(each.format(name) for each in same)
            tests = [f"EXISTS ({twice} AND NOT EXISTS (SELECT 1 FROM {table} WHERE {kept}))"]
            own = ", ".join(
                (
                    f"c{given.index(c.name.lower())}"
                    if c.name.lower() in given
                    else info.defaults.get(c.name) or "NULL"
                )
                + f" AS {quote_identifier(c.name)}"
                for c in info.columns
            )
            meets = " AND ".join(each.format("excluded") for each in same)
            last = f"max(place) OVER (PARTITION BY {', '.join(places)}) AS last"
            tests.append(
                f"EXISTS (SELECT 1 FROM (SELECT *, {last}, {own} FROM {numbered}) AS excluded JOIN {table} ON {meets}"
                f" WHERE {self.truth(node.update_where, self._met(info, alias), 'WHERE')}"
                " AND excluded.place < excluded.last)"
            )
        self.functions = True
        return (
            f"WITH {', '.join(parts)} SELECT * FROM {name}"
            f" WHERE CASE WHEN {' OR '.join(tests)} THEN pg_second_time() ELSE 1 END"
        )

    def _met(self, info: TableInfo, alias: str) -> Scope:
        """Return what the names of DO UPDATE may mean: columns of the row that is there, and of the one proposed."""
        proposed = Relation("excluded", info.columns, hidden=_all_names(info))
        return Scope([Relation(alias, info.columns), proposed])

    def conflict(self, node: tree.Conflict, info: TableInfo, alias: str) -> str:
        target = ""
        if node.constraint:
            key = info.keys.get(node.constraint)
            if key is None:
                raise PgError(
                    "42704", f'constraint "{node.constraint}" for table "{info.name}" does not exist'
                )
            target = f" ({', '.join(map(quote_identifier, key))})"
        elif node.columns:
            keys = []
            for each in node.columns:
                if isinstance(each, tree.Name) and len(each.parts) == 1:
                    keys.append(quote_identifier(self._column(info, each.parts[0], each.at).name))
                else:
                    bare = Scope(
                        [
                            Relation(
                                alias, tuple(c._replace(sql=quote_identifier(c.name)) for c in info.columns)
                            )
                        ]
                    )
                    keys.append(self.ex(each, bare).text)
            target = f" ({', '.join(keys)})"
            if node.where is not None:
                bare = Scope(
                    [Relation(alias, tuple(c._replace(sql=quote_identifier(c.name)) for c in info.columns))]
                )
                target += f" WHERE {self.truth(node.where, bare, 'WHERE')}"
        elif node.update is not None:
            raise PgError(
                "42601",
                "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                hint="For example, ON CONFLICT (column_name).",
                position=node.at + 1,
            )
        if node.update is None:
            return f" ON CONFLICT{target} DO NOTHING"
        scope = self._met(info, alias)
        made = f" ON CONFLICT{target} DO UPDATE SET {self.sets(node.update, info, scope)}"
        if node.update_where is not None:
            made += f" WHERE {self.truth(node.update_where, scope, 'WHERE')}"
        return made


def _all_names(info: TableInfo) -> frozenset[str]:
    return frozenset(c.name.lower() for c in info.columns)
