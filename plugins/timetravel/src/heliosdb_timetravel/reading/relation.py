"""The subquery that a table's past is: its own rows and the superseded ones, together.

It is one ``UNION ALL`` of plain SELECTs, which SQLite merges into the query around it, so that both halves are found by
their indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..storage import keys
from ..storage.names import COMMITS, FROM, ID, ROW, SHIFT, TO, in_schema
from ..storage.registry import Versioned
from ..storage.shape import ROWID_NAMES
from ..times import sql_text

PSEUDO = (
    "system_time",
    "system_time_end",
    "system_operation",
    "system_user",
    "system_transaction",
    "system_transaction_end",
)
"""Columns that every version has, for those who ask for them by name."""


ALWAYS = 2**62
"""A transaction that never comes."""


class Span(NamedTuple):
    """Transactions: from ``begin`` to before ``end``."""

    begin: int
    end: int  # ALWAYS: not yet


class Branch(NamedTuple):
    """A table whose versions belong to the past that is asked for."""

    table: Versioned
    spans: tuple[Span, ...] = ()
    """When it is what the name means; () for all of its life."""
    until: int | None = None
    """The name means it up to this transaction; None: still."""
    never: bool = False
    """The name means others at all times that are past."""


class Past(NamedTuple):
    """The past of all tables that had one name."""

    branches: tuple[Branch, ...]  # the one that has the name now comes last
    columns: tuple[str, ...]
    excluded: frozenset[str]  # columns without a history
    name: str = ""
    """The name that is asked for, in lower case."""

    @property
    def is_lossy(self) -> bool:
        """Whether a program without time travel dropped one of them, whose last rows are not known."""
        return any(is_lossy(branch.table) for branch in self.branches)

    @property
    def known_from(self) -> int:
        """The transaction from which on nothing has to be said about any of them: ALWAYS, if it is not so simple."""
        simple = len(self.branches) == 1 and self.branches[0].until is None and not self.is_lossy
        return self.now.known_from if simple else ALWAYS

    @property
    def now(self) -> Versioned:
        """The table that has the name, or had it last."""
        return self.branches[-1].table


def is_lossy(table: Versioned) -> bool:
    """Return whether what a table held last is not known."""
    return table.lost or (table.shape is None and table.ended is None)


def subquery(past: Past, kind: str, bounds: Sequence[str], extras: Sequence[str]) -> str:
    """Return the SELECT whose rows are the versions that a clause asks for.

    :param kind: the clause's
    :param bounds: one expression for each of its times: a number of a transaction
    :param extras: names of PSEUDO columns, of dropped columns, or rowid, to have beside the table's own
    """
    superseded, current = [], []
    for branch in past.branches:
        if branch.never:
            continue
        superseded.append(_superseded(past, branch, kind, bounds, extras))
        if branch.table.shape is not None and kind != "CONTAINED IN":
            current.append(_current(past, branch, kind, bounds, extras))
    # An audit reads the older versions first; a query of one moment reads mostly from the table itself.
    return " UNION ALL ".join([*current, *superseded] if kind == "AS OF" else [*superseded, *current])


def _current(past: Past, branch: Branch, kind: str, bounds: Sequence[str], extras: Sequence[str]) -> str:
    table, shape = branch.table, branch.table.live
    since = f"coalesce(s.txn, {table.began})"
    start = keys.find_start(shape, "s", keys.of_row(shape, "c"))
    where = _named(branch, kind, bounds, since, "")
    if kind != "ALL":
        where.append(f"{since} <= {bounds[-1]}")
    if kind in ("BETWEEN", "FROM"):
        where.append(f"{bounds[0]} <= {bounds[1]}")
    columns = [
        f"c.{quote_identifier(name)}" if shape.column(name) else f"NULL AS {quote_identifier(name)}"
        for name in past.columns
    ]
    for extra in extras:
        if extra in ROWID_NAMES:
            columns.append(f"{keys.of_row(shape, 'c')[0]} AS {extra}")
        elif extra in PSEUDO:
            key = [f"c.{quote_identifier(name)}" for name in shape.key] or keys.of_row(shape, "c")
            columns.append(f"{_pseudo(table, extra, _under_name(branch, since), '', key)} AS {extra}")
        else:
            columns.append(f"NULL AS {quote_identifier(extra)}")
    return (
        f"SELECT {', '.join(columns)} FROM {in_schema(table.schema, shape.name)} AS c "
        f"LEFT JOIN {table.starts} AS s ON {start}{_where(where)}"
    )


def _superseded(past: Past, branch: Branch, kind: str, bounds: Sequence[str], extras: Sequence[str]) -> str:
    table = branch.table
    where = _named(branch, kind, bounds, f"h.{FROM}", f"h.{TO}")
    if kind == "AS OF":
        where += [_ends_after(bounds[0]), f"h.{FROM} <= {bounds[0]}"]
    elif kind in ("BETWEEN", "FROM"):
        where += [_ends_after(bounds[0]), f"h.{FROM} <= {bounds[1]}", f"{bounds[0]} <= {bounds[1]}"]
    elif kind == "CONTAINED IN":
        where += [f"h.{FROM} > {bounds[0]}", f"h.{TO} <= {bounds[1]}"]
    where.append(f"h.{TO} > 0")
    columns = []
    for name in past.columns:
        kept = table.kept(name)
        stored = f"h.{quote_identifier(kept.stored_as)}" if kept is not None else _added(table, name)
        columns.append(f"{stored} AS {quote_identifier(name)}")
    for extra in extras:
        if extra in ROWID_NAMES:
            columns.append(f"h.{quote_identifier(table.key[0]) if table.key else ROW} AS {extra}")
        elif extra in PSEUDO:
            since = _under_name(branch, f"h.{FROM}")
            columns.append(f"{_pseudo(table, extra, since, f'h.{TO}', _version_key(table))} AS {extra}")
        else:
            columns.append(f"{_dropped(table, extra)} AS {quote_identifier(extra)}")
    return f"SELECT {', '.join(columns)} FROM {table.history} AS h{_where(where)}"


def _added(table: Versioned, name: str) -> str:
    """Return what the rows of the past have in a column that their history has not got: its default."""
    column = table.shape.column(name) if table.shape is not None else None
    left_out = name.lower() in {each.lower() for each in table.excluded}
    return column.default if column is not None and column.default and not left_out else "NULL"


def _dropped(table: Versioned, name: str) -> str:
    """Return what a superseded row has of a dropped column: of several, of the one that there was at its time."""
    gone = [each for each in table.columns if each.dropped is not None and each.name.lower() == name]
    cases = [
        f"WHEN h.{FROM} < {each.dropped} THEN h.{quote_identifier(each.stored_as)}"
        for each in sorted(gone, key=lambda each: (each.dropped or 0, each.stored_as))
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL"


def _under_name(branch: Branch, since: str) -> str:
    """Return when the version began to be one of the name's: a table may have had rows before it got the name."""
    return f"max({since}, {branch.spans[0].begin})" if len(branch.spans) == 1 else since


def _ends_after(bound: str) -> str:
    return f"h.{ID} >= ({bound} + 1) << {SHIFT} AND h.{TO} > {bound}"


def _named(branch: Branch, kind: str, bounds: Sequence[str], since: str, until: str) -> list[str]:
    """Return the condition that the version was the table's while the name meant that table.

    :param since: the transaction that began the version
    :param until: the one that ended it, "" for a row that is current
    """
    found = []
    for begin, end in branch.spans:
        first, last = (bounds[0], bounds[-1]) if bounds and kind != "CONTAINED IN" else ("", "")
        overlaps = []
        if end < ALWAYS:
            overlaps += [f"{each} < {end}" for each in (since if kind != "AS OF" else "", first) if each]
        if begin:
            overlaps += [f"{last} >= {begin}"] if last else []
            overlaps += [f"{until} > {begin}"] if until and kind != "AS OF" else []
        found.append(f"({' AND '.join(overlaps) or '1'})")
    return [f"({' OR '.join(found)})"] if found else []


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _version_key(table: Versioned) -> list[str]:
    """Return the columns of a superseded row that identify it, as far as they are columns."""
    if not table.key:
        return [f"h.{ROW}"]
    stored = [table.kept(name) for name in table.key]
    return [f"h.{quote_identifier(each.stored_as)}" for each in stored if each is not None]


def _pseudo(table: Versioned, name: str, since: str, until: str, key: Sequence[str]) -> str:
    """Return the value of a pseudo-column.

    :param since: the transaction that began the version
    :param until: the one that ended it, "" for a row that is current
    :param key: what identifies the row
    """
    commits = in_schema(table.schema, COMMITS)
    if name == "system_transaction":
        return since
    if name == "system_transaction_end":
        return until or "NULL"
    if name == "system_user":
        return f"(SELECT who FROM {commits} WHERE txn = {since})"
    if name == "system_operation":
        return _operation(table, since, key)
    txn = since if name == "system_time" else until
    if not txn:
        return "NULL"
    return f"(SELECT CASE WHEN state <> 2 THEN {sql_text('time')} END FROM {commits} WHERE txn = {txn})"


def _operation(table: Versioned, since: str, key: Sequence[str]) -> str:
    """What an UPDATE began follows right on a version that it ended."""
    if not table.key:
        columns = [ROW]
    else:
        columns = [
            quote_identifier(kept.stored_as) for kept in map(table.kept, table.key) if kept is not None
        ]
    same = " AND ".join(f"p.{column} IS {value}" for column, value in zip(columns, key, strict=False))
    ended = f"p.{ID} >= {since} << {SHIFT} AND p.{TO} = {since}"
    updated = f"EXISTS (SELECT 1 FROM {table.history} AS p WHERE {same} AND {ended})"
    cases = f"WHEN {updated} THEN 'UPDATE'"
    if table.purged:
        cases += f" WHEN {since} <= {table.purged} THEN NULL"
    if table.adopted:
        cases += f" WHEN {since} = {table.began} THEN 'ADOPT'"
    return f"CASE {cases} ELSE 'INSERT' END"
