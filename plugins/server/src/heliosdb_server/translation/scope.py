"""Which names mean what at one place of a statement, and what an expression has become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from ..types.registry import INTEGERS, NUMERIC, OID, TEXT, PgType, Sized

if TYPE_CHECKING:
    from .domains import Domain
    from .likening import Likeness


class Column(NamedTuple):
    """A column that a name may mean."""

    name: str
    sized: Sized | None  # None: whatever a value says of itself
    sql: str = ""  # how it is written; "" is table.column
    source: tuple[int, int] = (
        0,
        0,
    )  # the table's OID and the column's number, for what comes straight from a table
    not_null: bool = False
    scale: int | None = None  # how many decimals a calculated number has, where all have as many
    shown: str = ""  # the column beside it that has its digits, where they are not its value
    merged: tuple[str, Sized | None] | None = (
        None  # what it is without a table's name, where USING has merged it
    )
    digits: str = ""  # how its digits are written, where no column beside it has them
    domain: str = ""  # the domain that it is declared with
    called: str = ""  # its name in the text for SQLite, where a column before it has its own

    @property
    def quoted(self) -> str:
        """Its name in the text for SQLite."""
        return quote_identifier(self.called or self.name)

    @property
    def decimals(self) -> int | None:
        """How many decimals its numbers have; None: that is not known."""
        return Ex("", self.sized, scale=self.scale).decimals

    @property
    def written(self) -> Sized:
        """The type as values are written: a number with all its decimals."""
        sized = self.sized or Sized(TEXT)
        if self.scale is None or sized.type is not NUMERIC or sized.modifier != -1:
            return sized
        return Sized(NUMERIC, (1000 << 16 | self.scale) + 4)


def told_apart(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return columns of a query so that no two are called the same: a name means the first of them to SQLite."""
    taken: set[str] = set()
    made = []
    for column in columns:
        name, count = column.name, 1
        while name.lower() in taken:
            count += 1
            name = f"{column.name} {count}"
        taken.add(name.lower())
        made.append(column._replace(called=name if name != column.name else ""))
    return tuple(made)


def listed_names(columns: tuple[Column, ...]) -> list[str]:
    """Return the names of a query's columns in the text for SQLite, those with the digits of others behind them."""
    return [c.quoted for c in columns] + [quote_identifier(c.shown) for c in columns if c.shown]


class Relation(NamedTuple):
    """A table, view, query or function in FROM, under the name it has there."""

    alias: str
    columns: tuple[Column, ...]
    open: bool = False  # it may have columns that are not known
    written: str = ""  # the alias as it stands in the text for SQLite, where it is another
    hidden: frozenset[str] = frozenset()  # columns that USING has merged into another's
    beside: tuple[Column, ...] = ()  # columns that a name may mean, and that * leaves out

    def prefix(self) -> str:
        """Return what stands before a column's name."""
        return quote_identifier(self.written or self.alias)

    def column(self, column: Column, *, merged: bool = False) -> Ex:
        """Return a column of it as an expression.

        :param merged: it is named without the relation, and is what a join has made of it
        """
        if merged and column.merged is not None:
            return Ex(column.merged[0], column.merged[1], not_null=column.not_null)
        text = column.sql or f"{self.prefix()}.{column.quoted}"
        shown = f"{self.prefix()}.{quote_identifier(column.shown)}" if column.shown else column.digits
        return Ex(text, column.sized, column.source, column.not_null, scale=column.scale, shown=shown)


PRIMARY_MARK = "/* primary key */"  # in the definition of an index: ALTER TABLE made it for a PRIMARY KEY
CONSTRAINT_MARK = "/* constraint */"  # in the definition of an index: ALTER TABLE made it for a UNIQUE


class TableInfo(NamedTuple):
    """A table or view of the database as the translation needs it."""

    schema: str  # SQLite's: main, temp, pg_catalog
    name: str
    columns: tuple[Column, ...]
    kind: str = "table"
    oid: int = 0
    defaults: dict[str, str] = {}  # noqa: RUF012 - SQL text by column; never written to
    rowid: str = ""  # the column that is the rowid
    keys: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - columns of each unique constraint or index, by name
    computed: frozenset[str] = frozenset()  # columns that make their own values
    sequences: dict[str, str] = {}  # noqa: RUF012 - the sequence that is a column's default, by column
    given_key: str = ""  # a key that is the rowid, and yet is not to count by itself: PostgreSQL's would not
    identities: dict[str, str] = {}  # noqa: RUF012 - identity columns: a, always, or d, by default
    row: tuple[str, ...] = ()  # the columns that tell its rows apart, as SQLite reads them
    primary: str = ""  # the name of its primary key, which stands in keys


class Schema(Protocol):
    """What a translation asks of the database."""

    def table(self, schema: str | None, name: str) -> TableInfo | None:
        """Return the table of this name; ``schema`` as in PostgreSQL."""

    def named(self, parts: tuple[str, ...]) -> TableInfo | None:
        """Return the table that a client calls so; without a schema as search_path says."""

    def making(self) -> str:
        """Return the schema in which a name without one is made."""

    def sees(self, schema: str) -> bool:
        """Are the names of this schema found without it?"""

    def type_named(self, name: str, *, qualified: bool = True) -> PgType | None:
        """Return the type of the database's own that has this name, ``_name`` for an array of it."""

    def domain_named(self, name: str, *, qualified: bool = True) -> Domain | None:
        """Return the domain of this name."""

    def defines_types(self) -> bool:
        """Has the database types of its own?"""

    def is_type(self, name: str) -> bool:
        """Does a type of the database's own stand in the file under this name?"""

    def type_of(self, oid: int) -> PgType | None:
        """Return the type with this OID, of PostgreSQL's or the database's own."""

    def primary_key_of(self, oid: int) -> tuple[str, ...]:
        """Return the columns of the primary key of the table with this OID."""

    def has_index(self, name: str) -> bool:
        """Is there an index of this name?"""

    def has_constraint(self, table: str, name: str) -> bool:
        """Has a table a constraint of this name?"""

    def comments_format(self) -> int | None:
        """Return the version of the format in which comments are kept; None where there are none."""

    def references_to(self, name: str) -> list[str]:
        """Return the other tables with a foreign key to this one."""

    def mentions(self, view: str, table: str) -> bool:
        """Does a view read this table, itself or by other views?"""

    def likeness(self, schema: str, table: str) -> Likeness:
        """Return what LIKE may copy of a table beside its columns."""

    def touched(self, table: str, how: str) -> frozenset[str]:
        """Return the tables, in small letters, that an insert, update or delete of this one may change, itself too."""

    def counts(self, name: str) -> bool:
        """Does the table number its rows with AUTOINCREMENT?"""

    def serial(self, name: str) -> str | None:
        """Return the table that the sequence of this name counts by AUTOINCREMENT."""

    def counted_by(self, name: str) -> list[str]:
        """Return the tables with a column whose default is this sequence."""


class Ex(NamedTuple):
    """An expression as SQLite reads it, and what is known of it."""

    text: str
    sized: Sized | None = None
    source: tuple[int, int] = (0, 0)
    not_null: bool = False
    const: Any = None  # of a literal of unknown type: its text
    param: int = 0  # of a parameter of unknown type: its number
    unknown: bool = False  # a literal or parameter that takes the type of what stands beside it
    steps: tuple[
        str, ...
    ] = ()  # conditions on which a calculation with integers is out of range: see `wholes`
    scale: int | None = None  # of a numeric: how many decimals it has, where its text says so
    shown: str = (
        ""  # of a numeric: what gives its digits as PostgreSQL shows them, where that is not its value
    )

    @property
    def decimals(self) -> int | None:
        """How many decimals a number has; None: its text does not say."""
        if self.scale is not None or self.sized is None:
            return self.scale
        kind, modifier = self.sized
        if kind in INTEGERS:
            return 0
        return modifier - 4 & 0xFFFF if kind is NUMERIC and modifier != -1 else None

    @property
    def type(self) -> PgType | None:
        """The type without its modifier."""
        return self.sized.type if self.sized is not None else None


@dataclass
class Scope:
    """The relations that names are looked for in, the innermost query first."""

    relations: list[Relation] = field(default_factory=list)
    outer: Scope | None = None
    aliases: dict[str, Any] = field(default_factory=dict)  # what SELECT lists, by alias
    windows: dict[str, Any] = field(default_factory=dict)
    # What USING has merged: the first relation of the join, the one behind its last, and the names; inner joins first.
    merged: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)

    def find(self, parts: tuple[str, ...], at: int) -> Ex | None:
        """Return what a name means; None when nothing here has it.

        :raises PgError: it means two things, or nothing
        """
        scope: Scope | None = self
        while scope is not None:
            found = scope._find_here(parts, at)
            if found is not None:
                return found
            scope = scope.outer
        return None

    def _find_here(self, parts: tuple[str, ...], at: int) -> Ex | None:
        name = parts[-1]
        table = parts[-2] if len(parts) > 1 else None
        matches: list[tuple[Relation, Column]] = []
        may_be: list[Relation] = []
        for relation in self.relations:
            if table is not None and relation.alias.lower() != table.lower():
                continue
            hit = [c for c in relation.columns if c.name == name] or [
                c for c in (*relation.columns, *relation.beside) if c.name.lower() == name.lower()
            ]
            if hit and (table is not None or name.lower() not in relation.hidden):
                if len(hit) > 1 and hit[1].name == name:
                    raise PgError("42702", f'column reference "{name}" is ambiguous', position=at + 1)
                matches.append((relation, hit[0]))
            elif name == "tableoid" and (oid := next((c.source[0] for c in relation.columns), 0)):
                matches.append((relation, Column(name, Sized(OID), str(oid), not_null=True)))
            elif relation.open or name.lower() in ("rowid", "_rowid_"):
                may_be.append(relation)
        if len(matches) > 1 and table is None:
            raise PgError("42702", f'column reference "{name}" is ambiguous', position=at + 1)
        if matches:
            relation, column = matches[0]
            return relation.column(column, merged=table is None)
        if may_be:
            quoted = "`" + name.replace("`", "``") + "`"  # which SQLite never takes for a string
            if table is not None or len(may_be) == 1:
                return Ex(f"{may_be[0].prefix()}.{quoted}")
            return Ex(quoted)
        return None

    def relation(self, alias: str) -> Relation | None:
        """Return the relation of this name."""
        scope: Scope | None = self
        while scope is not None:
            for relation in scope.relations:
                if relation.alias.lower() == alias.lower():
                    return relation
            scope = scope.outer
        return None
