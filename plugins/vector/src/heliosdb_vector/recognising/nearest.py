"""A SELECT that asks for the nearest rows: ordered by a distance, with a LIMIT."""

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.lexer import Kind, Token

from ..statements.relations import Relations
from .clauses import Core, Span, conjuncts, sources, split
from .inside import behind, body_of, plain
from .named import column_called
from .ordered import direction, is_hidden, meaning
from .owners import from_of, table_of
from .searches import Refused, Search
from .terms import Distance, distance_in, is_constant, name_in


def nearest(
    tokens: Sequence[Token], core: Core, relations: Relations, shadowed: frozenset[str]
) -> Search | None:
    order, limit = core.span("ORDER"), core.span("LIMIT")
    if order is None or core.span("FROM") is None:
        return None
    term, descending, nulls_first = direction(tokens, split(tokens, (order[0] + 1, order[1]))[0])
    ordered_by = meaning(tokens, core, term)
    distance = distance_in(tokens, ordered_by)
    inner = None
    if distance is None:
        inner, distance = _inner(tokens, core, ordered_by, descending, relations)
        if inner is None or distance is None:
            return None
    if ordered_by != term and is_hidden(tokens, core, term, relations):
        raise Refused(f"{tokens[term[0]].name!r} may be a column that * shows before it")
    if limit is None:
        raise Refused("there is no LIMIT: every row is asked for")
    if core.compound:
        raise Refused("ORDER BY is that of a UNION, INTERSECT or EXCEPT")
    for clause in ("GROUP", "HAVING", "WINDOW"):
        if core.span(clause) is not None:
            raise Refused(f"{clause} makes other rows of the table's")
    if tokens[core.start + 1].word == "DISTINCT":
        raise Refused("DISTINCT leaves rows out after they are ordered")
    if nulls_first:
        raise Refused("rows without a distance come first")
    farthest = descending is (distance.sign > 0)
    count, offset = _limits(tokens, limit)
    tested = None
    if inner is None and (there := behind(tokens, core, distance, relations)) is not None:
        inner, distance = there
        if core.span("WHERE") is not None:
            if not core.clauses["FROM"][0] < inner.start < core.clauses["FROM"][1]:
                raise Refused("a condition stands outside of the table expression that has the vectors")
            tested = core
    searched = core if inner is None else inner
    source, schema, rowid = table_of(tokens, searched, distance, relations, shadowed)
    where = searched.span("WHERE")
    joined = len(sources(tokens, from_of(searched)) or ()) > 1
    return Search(
        searched,
        source,
        schema,
        rowid,
        distance.column.column,
        distance,
        count,
        offset,
        farthest,
        None,
        where is not None or joined or tested is not None,
        None if inner is None else core,
        tested,
    )


def _inner(
    tokens: Sequence[Token], core: Core, term: Span, descending: bool, relations: Relations
) -> tuple[Core | None, Distance | None]:
    """Return the subquery or table expression whose rows a SELECT orders by a distance that they have, and that."""
    written = name_in(tokens, term)
    body = body_of(tokens, from_of(core))
    if written is None or body is None:
        return None, None
    found = plain(tokens, body)
    if found is None or found.span("FROM") is None:
        return None, None
    called = column_called(tokens, found, written.column.lower(), relations)
    distance = None if called is None or called[1] else distance_in(tokens, called[0])
    where = core.span("WHERE")
    if distance is None:
        return None, None
    nearer = not descending
    if where is not None and not all(
        _keeps_the_first(tokens, each, written.column.lower(), nearer) for each in conjuncts(tokens, where)
    ):
        return None, None  # which rows qualify is not known before the inner SELECT has run
    return found, distance


def _keeps_the_first(tokens: Sequence[Token], condition: Span, name: str, nearer: bool) -> bool:
    """Return whether a condition holds for the first rows in order whenever it holds for later ones."""
    found = tokens[condition[0] : condition[1]]
    written = name_in(tokens, (condition[0], condition[1] - 2)) if len(found) > 2 else None
    if written is not None and written.column.lower() == name and found[-2].text in ("<", "<=", ">", ">="):
        return found[-1].kind in (Kind.NUMBER, Kind.PARAMETER) and (found[-2].text in ("<", "<=")) is nearer
    return False


def _limits(tokens: Sequence[Token], span: Span) -> tuple[Span, Span | None]:
    parts = split(tokens, span)
    if len(parts) == 2:
        offset, count = parts
        found: tuple[Span, Span | None] = (count, offset)
    else:
        place = next((at for at in range(*span) if tokens[at].word == "OFFSET"), None)
        found = (span, None) if place is None else ((span[0], place), (place + 1, span[1]))
    for each in found:
        if each is not None and not is_constant(tokens, each):
            raise Refused("LIMIT is not a number, a parameter or an expression of these")
    return found
