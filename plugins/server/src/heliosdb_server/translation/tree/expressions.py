"""Expressions, as they were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...types.registry import Sized
from .nodes import Node

if TYPE_CHECKING:
    from ..domains import Domain
    from .queries import Order


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
class InDomain(Node):
    """A value that is cast to a domain's type, and has to keep to its constraints."""

    operand: Node
    domain: Domain
    conditions: dict[str, tuple[Node]]  # alone in a tuple, they are none of the expression's own parts


@dataclass
class OfDomain(Node):
    """A condition that a column has from its domain."""

    operand: Node
    domain: str
    column: str


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
class Bound:
    """Where a window's frame begins or ends; no expression, and none of the row's columns is in it."""

    kind: str  # unbounded preceding, unbounded following, current row, preceding, following
    offset: Node | None = None
    at: int = 0


@dataclass
class Frame:
    """Which rows around the one at hand a window takes."""

    mode: str  # rows, range, groups
    start: Bound
    end: Bound | None
    exclude: str = ""  # current row, group, ties
    at: int = 0


@dataclass
class Window(Node):
    base: str
    partition: list[Node]
    order: list[Order]
    frame: Frame | None


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
    apart: bool = False  # of what stands in parentheses, and is subscripted itself


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


@dataclass
class Elements(Node):
    """What SET gives to elements of an array: the subscripts and the value of each."""

    items: list[tuple[list[Subscript], Node]]
