"""Queries, and the statements that change rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...types.registry import Sized
from .expressions import Call, Window
from .nodes import Node

if TYPE_CHECKING:
    from .definitions import CreateAs


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


@dataclass
class When(Node):
    """One WHEN of a MERGE."""

    matched: bool
    condition: Node | None
    action: str  # insert, update, delete, nothing
    sets: list[tuple[tuple[str, ...], Node]] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    values: list[Node] | None = None  # None: DEFAULT VALUES
    overriding: str = ""


@dataclass
class Merge(Node):
    table: Table
    source: Node
    on: Node
    whens: list[When]
    with_: list[With] = field(default_factory=list)
    recursive: bool = False
