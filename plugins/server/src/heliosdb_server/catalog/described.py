"""The database's tables, indexes and constraints with the numbers and texts that PostgreSQL has for them."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from heliosdb_sqlite.sql.lexer import Kind, tokenize

from ..functions.texts import pg_quote_ident as quoted
from ..translation.scope import Column, TableInfo
from ..types.registry import TEXT, Sized
from .reading import ForeignKey, Index, Object, Reading

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
    temporary: bool = False
    generated: frozenset[str] = frozenset()
    counted: str = ""  # the column that numbers the rows
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
    parts: list[str]
    definition: str


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


_ACTIONS = {"NO ACTION": "a", "RESTRICT": "r", "CASCADE": "c", "SET NULL": "n", "SET DEFAULT": "d"}


def describe(reading: Reading) -> Described:
    """Return what the schema holds."""
    made = Described()
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
            relation.definition = view_body(found.sql or "")
            continue
        relation.generated = _generated(reading, found)
        if info.rowid and reading.counts(found.name):
            relation.counted = info.rowid
            name = f"{found.name}_{info.rowid}_seq"
            made.relations.append(Relation(found.oid + 3, name, "S", namespace))
        _describe_keys(reading, found, info, relation, made)
    for found in reading.sequences():
        namespace = TEMPORARY if found.schema == "temp" else PUBLIC
        made.relations.append(
            Relation(found.oid, found.name, "S", namespace, columns=list(reading.info(found).columns))
        )
    linked = {oid for c in made.constraints if c.kind == "f" for oid in (c.table, c.referred)}
    for relation in made.relations:
        relation.triggers |= (
            relation.oid in linked
        )  # PostgreSQL keeps foreign keys by triggers, and clients look there
    for found in reading.objects:
        if found.kind == "trigger" and (table := reading.object(found.table)) is not None:
            made.triggers.append(Trigger(found.oid, table.oid, found.name, found.sql or ""))
    return made


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
        row = _index_row(found, info, index, oid, name, stored.sql if stored is not None else None)
        made.relations.append(
            Relation(
                oid,
                name,
                "i",
                relation.namespace,
                None,
                _index_columns(info, index, row),
                definition=row.definition,
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
    key = info.keys.get(f"{found.name}_pkey", ())
    if key and not has_primary:  # the rowid, which needs no index
        relation.indexed = True
        name, oid = f"{found.name}_pkey", found.oid + 4
        index = Index(name, True, "pk", False, key, (False,) * len(key))
        row = _index_row(found, info, index, oid, name, None)
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
    for foreign in reading.foreign_keys(found):
        made.constraints.append(_foreign(reading, found, info, foreign, constraint_oid()))
    for at, (name, clause) in enumerate(checks(found.sql or "")):
        label = name or _check_name(found, info, clause, at)
        relation.checks += 1
        numbers = [
            c.source[1] for c in info.columns if re.search(rf'(?<!\w)"?{re.escape(c.name)}"?(?!\w)', clause)
        ]
        made.constraints.append(
            Constraint(
                constraint_oid(),
                label,
                "c",
                found.oid,
                numbers,
                definition=f"CHECK ({clause})",
                clause=clause,
            )
        )


def _check_name(found: Object, info: TableInfo, clause: str, at: int) -> str:
    named = [c.name for c in info.columns if re.search(rf'(?<!\w)"?{re.escape(c.name)}"?(?!\w)', clause)]
    base = f"{found.name}_{named[0]}_check" if len(named) == 1 else f"{found.name}_check"
    return base if at == 0 or len(named) == 1 else f"{base}{at}"


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
    found: Object, info: TableInfo, index: Index, oid: int, name: str, sql: str | None
) -> IndexRow:
    written, predicate = _index_parts(sql) if sql else ([], "")
    parts, expressions = [], []
    for at, column in enumerate(index.columns):
        if column is None:
            text = written[at] if at < len(written) else "expr"
            expressions.append(text)
            parts.append(text)
        else:
            parts.append(quoted(column))
    keys = ", ".join(p + (" DESC" if d else "") for p, d in zip(parts, index.descending, strict=True))
    schema = "pg_temp" if found.schema == "temp" else "public"
    definition = f"CREATE {'UNIQUE ' if index.unique else ''}INDEX {quoted(name)} ON {schema}.{quoted(found.name)} USING btree ({keys})"
    if predicate:
        definition += f" WHERE {predicate}"
    return IndexRow(
        oid, found.oid, name, index.unique, index.origin == "pk", _numbers(info, index.columns), index.descending,
        predicate, expressions, parts, definition,
    )  # fmt: skip


def _foreign(reading: Reading, found: Object, info: TableInfo, key: ForeignKey, oid: int) -> Constraint:
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
    match = re.search(
        rf'(?:CONSTRAINT\s+("(?:[^"]|"")+"|\w+)\s+)?FOREIGN\s+KEY\s*\(\s*"?{re.escape(key.columns[0])}"?[^;]*?'
        r"(?:(DEFERRABLE)(?:\s+INITIALLY\s+(\w+))?)?\s*(?:,|\)\s*\Z|\Z)",
        found.sql or "",
        re.IGNORECASE,
    )
    name = match[1].strip('"') if match and match[1] else f"{found.name}_{'_'.join(key.columns)}_fkey"
    tail = re.search(r"DEFERRABLE(?:\s+INITIALLY\s+(\w+))?", (found.sql or "").upper())
    if tail:
        definition += " DEFERRABLE" + (" INITIALLY DEFERRED" if tail[1] == "DEFERRED" else "")
    index = 0
    if there is not None:
        index = other.oid + 4 if other is not None and there.rowid else 0
    return Constraint(
        oid, name, "f", found.oid, _numbers(info, key.columns), index, other.oid if other is not None else 0,
        _numbers(there, key.referred) if there is not None else [],
        _ACTIONS.get(key.on_update, "a"), _ACTIONS.get(key.on_delete, "a"), tail is not None,
        bool(tail and tail[1] == "DEFERRED"), definition,
    )  # fmt: skip


# ---- what only the text says ----


def _balanced(tokens: list[Any], at: int) -> int:
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
        if depth == 0:
            return place
    return len(tokens) - 1


def checks(sql: str) -> list[tuple[str, str]]:
    """Return the CHECK constraints of a table's definition: their names, "" for none, and what they demand."""
    if "CHECK" not in sql.upper():
        return []
    tokens = tokenize(sql)
    found = []
    for at, token in enumerate(tokens):
        if token.word == "CHECK" and at + 1 < len(tokens) and tokens[at + 1].text == "(":
            end = _balanced(tokens, at + 1)
            clause = sql[tokens[at + 1].end : tokens[end].start].strip()
            named = at >= 2 and tokens[at - 2].word == "CONSTRAINT"
            found.append((tokens[at - 1].name if named else "", clause))
    return found


def _index_parts(sql: str) -> tuple[list[str], str]:
    """Return the keys of CREATE INDEX as they are written, and its WHERE."""
    tokens = tokenize(sql)
    start = next((at for at, token in enumerate(tokens) if token.text == "("), len(tokens) - 1)
    end = _balanced(tokens, start)
    parts, depth, begin = [], 0, start + 1
    for at in range(start + 1, end + 1):
        depth += (tokens[at].text == "(") - (tokens[at].text == ")" and at != end)
        if at == end or (tokens[at].text == "," and depth == 0):
            last = at - 1
            if tokens[last].word in ("ASC", "DESC"):
                last -= 1
            parts.append(sql[tokens[begin].start : tokens[last].end])
            begin = at + 1
    where = ""
    if end + 1 < len(tokens) and tokens[end + 1].word == "WHERE":
        where = sql[tokens[end + 2].start :].rstrip().rstrip(";")
    return parts, where


def view_body(sql: str) -> str:
    """Return what stands behind AS in CREATE VIEW."""
    tokens = tokenize(sql)
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.word == "AS" and depth == 0:
            return " " + sql[token.end :].strip().rstrip(";") + ";"
    return sql


__all__ = ["Kind", "describe"]
