"""The tree of a statement: what was written, before anything is known of tables and types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..types.registry import Sized


@dataclass
class Node:
    """Anything that stands in a statement; ``at`` is its place in the text."""

    at: int = field(default=-1, kw_only=True)


# ---- expressions ----


@dataclass
class Const(Node):
    value: Any  # int, float, str, bool or None; a number that is neither int nor float stays text
    kind: str  # int, numeric, string, bool, null


@dataclass
class Param(Node):
    number: int


@dataclass
class Name(Node):
    parts: tuple[str, ...]  # schema, table, column, as many as were written


@dataclass
class Star(Node):
    parts: tuple[str, ...] = ()


@dataclass
class Unary(Node):
    op: str
    operand: Node


@dataclass
class Binary(Node):
    op: str
    left: Node
    right: Node


@dataclass
class Cast(Node):
    operand: Node
    type: Sized
    name: str  # as written, for what is no type of the registry


@dataclass
class Call(Node):
    name: str
    args: list[Node]
    schema: str = ""
    distinct: bool = False
    star: bool = False
    order: list[Order] = field(default_factory=list)
    filter: Node | None = None
    over: Window | str | None = None
    variadic: bool = False
    named: dict[str, Node] = field(default_factory=dict)


@dataclass
class Window(Node):
    base: str
    partition: list[Node]
    order: list[Order]
    frame: str


@dataclass
class Case(Node):
    operand: Node | None
    whens: list[tuple[Node, Node]]
    otherwise: Node | None


@dataclass
class Sub(Node):
    kind: str  # scalar, exists, array
    query: Node


@dataclass
class In(Node):
    operand: Node
    items: list[Node] | Node  # a query
    negated: bool


@dataclass
class Quantified(Node):
    left: Node
    op: str
    every: bool
    right: Node  # an array, or a query


@dataclass
class Between(Node):
    operand: Node
    low: Node
    high: Node
    negated: bool
    symmetric: bool


@dataclass
class Like(Node):
    kind: str  # like, ilike, similar
    operand: Node
    pattern: Node
    escape: Node | None
    negated: bool


@dataclass
class Is(Node):
    operand: Node
    what: str  # null, true, false, unknown, distinct, document
    negated: bool
    other: Node | None = None


@dataclass
class Array(Node):
    items: list[Node]


@dataclass
class Row(Node):
    items: list[Node]


@dataclass
class Subscript(Node):
    operand: Node
    index: Node | None
    upper: Node | None = None
    is_slice: bool = False


@dataclass
class Collate(Node):
    operand: Node
    name: str


@dataclass
class AtZone(Node):
    operand: Node
    zone: Node


@dataclass
class Access(Node):
    """``(composite).name``"""

    operand: Node
    name: str


@dataclass
class Default(Node):
    """The word DEFAULT among values."""


# ---- queries ----


@dataclass
class Order(Node):
    expr: Node
    descending: bool = False
    nulls: str = ""  # first, last


@dataclass
class Target(Node):
    expr: Node
    alias: str = ""


@dataclass
class Table(Node):
    parts: tuple[str, ...]
    alias: str = ""
    columns: tuple[str, ...] = ()
    moment: str = ""  # a clause of time travel, as written
    moments: list[tuple[int, int, Node]] = field(
        default_factory=list
    )  # the values in it, and where they stand
    only: bool = False


@dataclass
class Derived(Node):
    query: Node
    alias: str = ""
    columns: tuple[str, ...] = ()
    lateral: bool = False


@dataclass
class TableCall(Node):
    calls: list[Call]
    alias: str = ""
    columns: tuple[str, ...] = ()
    types: tuple[Sized, ...] = ()
    ordinality: bool = False
    lateral: bool = False


@dataclass
class Join(Node):
    kind: str  # inner, left, right, full, cross
    left: Node
    right: Node
    on: Node | None = None
    using: tuple[str, ...] = ()
    natural: bool = False


@dataclass
class With(Node):
    name: str
    columns: tuple[str, ...]
    query: Node
    materialized: str = ""


@dataclass
class Core(Node):
    targets: list[Target]
    sources: list[Node]
    where: Node | None = None
    group: list[Node] = field(default_factory=list)
    sets: list[list[Node]] = field(default_factory=list)  # GROUPING SETS, ROLLUP and CUBE written out
    having: Node | None = None
    windows: dict[str, Window] = field(default_factory=dict)
    distinct: bool = False
    distinct_on: list[Node] = field(default_factory=list)
    into: CreateAs | None = None  # SELECT INTO


@dataclass
class Values(Node):
    rows: list[list[Node]]


@dataclass
class SetOp(Node):
    op: str  # UNION, UNION ALL, INTERSECT, EXCEPT
    left: Node
    right: Node


@dataclass
class Select(Node):
    body: Node  # Core, Values, SetOp or Select
    with_: list[With] = field(default_factory=list)
    recursive: bool = False
    order: list[Order] = field(default_factory=list)
    limit: Node | None = None
    offset: Node | None = None
    locking: str = ""
    ties: bool = False  # FETCH FIRST ... WITH TIES


@dataclass
class Conflict(Node):
    columns: list[Node]
    where: Node | None
    constraint: str
    update: list[tuple[tuple[str, ...], Node]] | None
    update_where: Node | None


@dataclass
class Insert(Node):
    table: Table
    columns: tuple[str, ...]
    source: Node | None  # None: DEFAULT VALUES
    conflict: Conflict | None
    returning: list[Target]
    with_: list[With] = field(default_factory=list)
    recursive: bool = False
    overriding: str = ""


@dataclass
class Update(Node):
    table: Table
    sets: list[tuple[tuple[str, ...], Node]]
    sources: list[Node]
    where: Node | None
    returning: list[Target]
    with_: list[With] = field(default_factory=list)
    recursive: bool = False


@dataclass
class Delete(Node):
    table: Table
    using: list[Node]
    where: Node | None
    returning: list[Target]
    with_: list[With] = field(default_factory=list)
    recursive: bool = False


# ---- definitions ----


@dataclass
class ColumnDef(Node):
    name: str
    type: Sized
    type_name: str
    not_null: bool = False
    primary: bool = False
    unique: bool = False
    default: Node | None = None
    check: list[tuple[str, Node]] = field(default_factory=list)
    references: Reference | None = None
    generated: Node | None = None
    stored: bool = True
    identity: bool = False
    always: bool = False  # GENERATED ALWAYS AS IDENTITY
    by_default: bool = False  # GENERATED BY DEFAULT AS IDENTITY
    counting: dict[str, Any] = field(default_factory=dict)  # the options of its sequence
    collate: str = ""
    constraint: str = ""
    default_sql: str = ""  # the default of a column that is like another one, as SQLite has it


@dataclass
class Reference(Node):
    table: tuple[str, ...]
    columns: tuple[str, ...]
    actions: str = ""


@dataclass
class TableConstraint(Node):
    kind: str  # primary, unique, check, foreign
    name: str
    columns: tuple[str, ...] = ()
    check: Node | None = None
    references: Reference | None = None


@dataclass
class Copied(Node):
    """``LIKE table`` in CREATE TABLE: the columns of another table."""

    table: Table
    place: int  # how many columns stand before it
    including: frozenset[str]


@dataclass
class CreateTable(Node):
    table: Table
    columns: list[ColumnDef]
    constraints: list[TableConstraint]
    if_not_exists: bool = False
    temporary: bool = False
    copied: list[Copied] = field(default_factory=list)
    on_commit: str = ""  # drop, delete: what becomes of a temporary table's rows


@dataclass
class CreateSequence(Node):
    name: tuple[str, ...]
    options: dict[str, Any]
    if_not_exists: bool = False
    temporary: bool = False


@dataclass
class CreateAs(Node):
    table: Table
    columns: tuple[str, ...]
    query: Node
    kind: str = "table"  # or view
    if_not_exists: bool = False
    temporary: bool = False
    replace: bool = False
    with_data: bool = True
    on_commit: str = ""


@dataclass
class CreateIndex(Node):
    name: str
    table: Table
    keys: list[Order]
    unique: bool
    if_not_exists: bool
    where: Node | None
    method: str = ""


@dataclass
class Comment(Node):
    kind: str
    name: tuple[str, ...]
    text: str | None


@dataclass
class Drop(Node):
    kind: str
    names: list[tuple[str, ...]]
    if_exists: bool
    cascade: bool = False


@dataclass
class Alter(Node):
    table: Table
    actions: list[tuple[str, Any]]
    if_exists: bool = False
    kind: str = "table"


@dataclass
class Truncate(Node):
    tables: list[Table]
    restart: bool = False
    cascade: bool = False


@dataclass
class Explain(Node):
    query: Node
    options: dict[str, str]


@dataclass
class Command(Node):
    """A statement about the session: BEGIN, SET, SHOW, COPY ... with what belongs to it."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)
