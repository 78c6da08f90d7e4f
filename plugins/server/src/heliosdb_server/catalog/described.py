"""The database's tables, indexes and constraints with the numbers and texts that PostgreSQL has for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from heliosdb_sqlite.sql.names import folded

from ..functions.texts import pg_quote_ident as quoted
from ..translation.domains import Domain
from ..translation.scope import Column, TableInfo
from ..types.registry import TEXT, PgType, Sized
from . import constraints, wording
from .enumerations import Enumeration
from .objects import ForeignKey, Index, Object
from .reading import Reading
from .texts import generated_columns, index_parts, view_body
from .wording import Wording

_CONSTRAINTS = 1_000_000_000
PUBLIC = 2200
TEMPORARY = 16395


@dataclass
class Relation:
    """A row of pg_class."""

    oid: int
    name: str
    kind: str  # r table, v view, i index, S sequence
    namespace: int
    info: TableInfo | None = None
    columns: list[Column] = field(default_factory=list)
    indexed: bool = False
    triggers: bool = False
    checks: int = 0
    definition: str = ""
    pretty: str = ""
    temporary: bool = False
    generated: dict[str, str] = field(default_factory=dict)  # what columns are made of
    counted: str = ""  # the column that numbers the rows
    inner: bool = False  # the sequence of an identity column
    rows: float = -1.0


@dataclass
class IndexRow:
    """A row of pg_index."""

    oid: int
    table: int
    name: str
    unique: bool
    primary: bool
    numbers: list[int]
    descending: tuple[bool, ...]
    predicate: str
    expressions: list[str]
    parts: list[Wording]
    definition: Wording
    types: list[PgType]


@dataclass
class Constraint:
    """A row of pg_constraint."""

    oid: int
    name: str
    kind: str  # p, u, f, c
    table: int
    numbers: list[int]
    index: int = 0
    referred: int = 0
    referred_numbers: list[int] = field(default_factory=list)
    on_update: str = " "
    on_delete: str = " "
    deferrable: bool = False
    deferred: bool = False
    definition: str = ""
    clause: str = ""
    pretty: str = ""  # the definition with few parentheses, where that is another


@dataclass
class Trigger:
    """A row of pg_trigger."""

    oid: int
    table: int
    name: str
    definition: str


@dataclass
class Described:
    """All of it."""

    relations: list[Relation] = field(default_factory=list)
    indexes: list[IndexRow] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    enumerations: list[Enumeration] = field(default_factory=list)
    domains: list[Domain] = field(default_factory=list)
    pretty: dict[str, str] = field(default_factory=dict)
    """Expressions with few parentheses, by how they are with all."""

    def worded(self, text: str, info: TableInfo) -> Wording:
        """Return an expression over a table's columns as PostgreSQL words it."""
        made = wording.expression(text, info.columns)
        self.pretty[made.plain] = made.pretty
        return made


_ACTIONS = {"NO ACTION": "a", "RESTRICT": "r", "CASCADE": "c", "SET NULL": "n", "SET DEFAULT": "d"}


def describe(reading: Reading) -> Described:
    """Return what the schema holds."""
    made = Described(
        enumerations=list(reading.enumerations().values()), domains=list(reading.domains().values())
    )
    triggered = {each.table.lower() for each in reading.objects if each.kind == "trigger"}
    for found in reading.tables():
        info = reading.info(found)
        namespace = TEMPORARY if found.schema == "temp" else PUBLIC
        relation = Relation(
            found.oid, found.name, "r" if found.kind == "table" else "v", namespace, info, list(info.columns),
            temporary=found.schema == "temp", triggers=found.name.lower() in triggered,
        )  # fmt: skip
        made.relations.append(relation)
        if found.kind == "view":
            relation.definition, relation.pretty = _view(reading, found)
            continue
        expressions = generated_columns(found.sql or "")
        relation.generated = {
            name: made.worded(expressions.get(folded(name), ""), info).plain
            for name in _generated(reading, found)
        }
        if info.rowid and reading.counts(found.name):
            relation.counted = info.rowid
            name = f"{found.name}_{info.rowid}_seq"
            made.relations.append(
                Relation(found.oid + 3, name, "S", namespace, inner=info.rowid in info.identities)
            )
        _describe_keys(reading, found, info, relation, made)
    for found in reading.sequences():
        namespace = TEMPORARY if found.schema == "temp" else PUBLIC
        made.relations.append(
            Relation(found.oid, found.name, "S", namespace, columns=list(reading.info(found).columns))
        )
    inner = {
        each.info.sequences[name].lower()
        for each in made.relations
        if each.info is not None
        for name in each.info.identities
        if name in each.info.sequences
    }
    for relation in made.relations:
        relation.inner |= relation.kind == "S" and relation.name.lower() in inner
    linked = {oid for c in made.constraints if c.kind == "f" for oid in (c.table, c.referred)}
    for relation in made.relations:
        relation.triggers |= (
            relation.oid in linked
        )  # PostgreSQL keeps foreign keys by triggers, and clients look there
    for found in reading.objects:
        if found.kind == "trigger" and (table := reading.object(found.table)) is not None:
            made.triggers.append(Trigger(found.oid, table.oid, found.name, found.sql or ""))
    return made


def _view(reading: Reading, found: Object) -> Wording:
    def columns(name: str) -> tuple[Column, ...] | None:
        table = reading.object(name, found.schema)
        return reading.info(table).columns if table is not None and table.kind in ("table", "view") else None

    return wording.view(view_body(found.sql or ""), columns)


def _generated(reading: Reading, found: Object) -> frozenset[str]:
    return frozenset(
        name for name, hidden in reading.pragma("table_xinfo", found, "name, hidden") if hidden in (2, 3)
    )


def _numbers(info: TableInfo, names: Any) -> list[int]:
    places = {column.name.lower(): column.source[1] for column in info.columns}
    return [places.get((name or "").lower(), 0) for name in names]


def _describe_keys(
    reading: Reading, found: Object, info: TableInfo, relation: Relation, made: Described
) -> None:
    number = iter(range(1, 1000))
    base = _CONSTRAINTS + found.oid * 1000 % 1_000_000_000

    def constraint_oid() -> int:
        return base + next(number)

    has_primary = False
    for index in reading.indexes(found):
        relation.indexed = True
        stored = reading.object(index.name, found.schema)
        oid = stored.oid if stored is not None else constraint_oid()
        name = reading.constraint_name(found, index)
        row = _index_row(found, info, index, oid, name, stored.sql if stored is not None else None, made)
        made.relations.append(
            Relation(
                oid,
                name,
                "i",
                relation.namespace,
                None,
                _index_columns(info, index, row),
                definition=row.definition.plain,
            )
        )
        made.indexes.append(row)
        if index.origin in ("pk", "u"):
            has_primary |= index.origin == "pk"
            word = "PRIMARY KEY" if index.origin == "pk" else "UNIQUE"
            columns = ", ".join(quoted(str(name)) for name in index.columns)
            made.constraints.append(
                Constraint(constraint_oid(), name, "p" if index.origin == "pk" else "u", found.oid, row.numbers, oid,
                           definition=f"{word} ({columns})")
            )  # fmt: skip
    key = info.keys.get(info.primary, ())
    if key and not has_primary:  # the rowid, which needs no index
        relation.indexed = True
        name, oid = info.primary, found.oid + 4
        index = Index(name, True, "pk", False, key, (False,) * len(key))
        row = _index_row(found, info, index, oid, name, None, made)
        made.relations.append(
            Relation(oid, name, "i", relation.namespace, None, _index_columns(info, index, row))
        )
        made.indexes.append(row)
        columns = ", ".join(quoted(each) for each in key)
        made.constraints.append(
            Constraint(
                constraint_oid(),
                name,
                "p",
                found.oid,
                row.numbers,
                oid,
                definition=f"PRIMARY KEY ({columns})",
            )
        )
    for text, foreign in reading.written_foreign_keys(found):
        made.constraints.append(_foreign(reading, found, info, foreign, text, constraint_oid()))
    for each in constraints.written(found.sql or "", found.name):
        if each.kind != constraints.CHECK:
            continue
        relation.checks += 1
        words = made.worded(each.clause, info)
        made.constraints.append(
            Constraint(constraint_oid(), each.name, "c", found.oid, _numbers(info, each.columns),
                       definition=f"CHECK ({words.plain})", clause=words.plain, pretty=f"CHECK ({words.pretty})")
        )  # fmt: skip


def _index_columns(info: TableInfo, index: Index, row: IndexRow) -> list[Column]:
    types = {column.name.lower(): column for column in info.columns}
    made = []
    for at, name in enumerate(index.columns, 1):
        column = types.get((name or "").lower())
        made.append(
            Column(name or "expr", column.sized if column is not None else Sized(TEXT), "", (row.oid, at))
        )
    return made


def _index_row(
    found: Object, info: TableInfo, index: Index, oid: int, name: str, sql: str | None, made: Described
) -> IndexRow:
    written, predicate = index_parts(sql) if sql else ([], "")
    parts, expressions = [], []
    for at, column in enumerate(index.columns):
        if column is None:
            text = made.worded(written[at] if at < len(written) else "expr", info)
            expressions.append(text.plain)
            parts.append(text)
        else:
            parts.append(Wording(quoted(column), quoted(column)))
    where = made.worded(predicate, info) if predicate else Wording("", "")
    schema = "pg_temp" if found.schema == "temp" else "public"

    def definition(way: int, table: str) -> str:
        keys = ", ".join(
            _key(part[way], expression=name is None) + (" DESC" if down else "")
            for part, name, down in zip(parts, index.columns, index.descending, strict=True)
        )
        unique = "UNIQUE " if index.unique else ""
        condition = f" WHERE {where[way]}" if predicate else ""
        return f"CREATE {unique}INDEX {quoted(name)} ON {table} USING btree ({keys}){condition}"

    table = quoted(found.name)
    kinds = {column.name.lower(): (column.sized or Sized(TEXT)).type for column in info.columns}
    types = [kinds.get((column or "").lower(), TEXT) for column in index.columns]
    return IndexRow(
        oid, found.oid, name, index.unique, index.origin == "pk", _numbers(info, index.columns), index.descending,
        where.plain, expressions, parts, Wording(definition(0, f"{schema}.{table}"), definition(1, table)),
        types,
    )  # fmt: skip


def _key(text: str, *, expression: bool) -> str:
    """Return a part of an index's key: an expression that is no call stands in parentheses."""
    return f"({text})" if expression and not re.match(r"\w+\(", text) else text


def _foreign(
    reading: Reading, found: Object, info: TableInfo, key: ForeignKey, text: constraints.Written, oid: int
) -> Constraint:
    other = reading.object(key.table)
    there = reading.info(other) if other is not None else None
    columns, referred = ", ".join(map(quoted, key.columns)), ", ".join(map(quoted, key.referred))
    definition = (
        f"FOREIGN KEY ({columns}) REFERENCES {quoted(other.name if other else key.table)}({referred})"
    )
    if key.on_update != "NO ACTION":
        definition += f" ON UPDATE {key.on_update}"
    if key.on_delete != "NO ACTION":
        definition += f" ON DELETE {key.on_delete}"
    if text.deferrable:
        definition += " DEFERRABLE" + (" INITIALLY DEFERRED" if text.deferred else "")
    index = 0
    if there is not None:
        index = other.oid + 4 if other is not None and there.rowid else 0
    return Constraint(
        oid, text.name, "f", found.oid, _numbers(info, key.columns), index, other.oid if other is not None else 0,
        _numbers(there, key.referred) if there is not None else [],
        _ACTIONS.get(key.on_update, "a"), _ACTIONS.get(key.on_delete, "a"), text.deferrable, text.deferred, definition,
    )  # fmt: skip
