"""A SELECT that asks for the rows within a distance, or beyond one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heliosdb_sqlite.sql.lexer import Token

from ..statements.relations import Relations
from .clauses import Core, Span, conjuncts, sources
from .inside import behind
from .ordered import meaning
from .owners import from_of, table_of
from .searches import Refused, Search
from .terms import Distance, distance_in, is_constant, name_in

_LESS = {"<": 1, "<=": 1, ">": -1, ">=": -1}
_COMPARING = _LESS.keys() | {"=", "==", "<>", "!="}


def within(
    tokens: Sequence[Token], core: Core, relations: Relations, shadowed: frozenset[str]
) -> Search | None:
    where = core.span("WHERE")
    if where is None or core.span("FROM") is None:
        return None
    conditions = conjuncts(tokens, where)
    reason = ""
    for condition in conditions:
        found = _comparison(tokens, core, condition)
        if found is None:
            continue
        distance, most, farthest, by_name = found
        searched, outer = core, None
        if not by_name and (there := behind(tokens, core, distance, relations)) is not None:
            (searched, distance), outer = there, core
        try:
            source, schema, rowid = table_of(tokens, searched, distance, relations, shadowed)
        except Refused as refused:
            reason = str(refused)
            continue
        if by_name:
            relation = relations.relation(source.name, source.schema)
            names = {name.lower() for name, _ in relation.columns} if relation is not None else set()
            alone = len(sources(tokens, from_of(core)) or ()) == 1
            if by_name in names or not alone:
                continue  # a column of the table comes before a result column of that name
        return Search(
            searched,
            source,
            schema,
            rowid,
            distance.column.column,
            distance,
            None,
            None,
            farthest,
            most,
            outer=outer,
        )
    if reason:
        raise Refused(reason)
    return None


def _comparison(
    tokens: Sequence[Token], core: Core, condition: Span
) -> tuple[Distance, Span, bool, str] | None:
    """Return the distance that a condition compares, with what, whether from below, and its name if it has one."""
    start, end = condition
    while start < end and tokens[start].text == "(" and _closes(tokens, start, end - 1):
        start, end = start + 1, end - 1
        if len(conjuncts(tokens, (start, end))) > 1:
            return None
    places = [at for at in _outside(tokens, start, end) if tokens[at].text in _COMPARING]
    if len(places) != 1 or tokens[places[0]].text not in _LESS:
        return None  # a < b = c compares what the first comparison gives
    at = places[0]
    way = _LESS[tokens[at].text]
    for left, right, less in (((start, at), (at + 1, end), way), ((at + 1, end), (start, at), -way)):
        span, name = left, ""
        written = name_in(tokens, left)
        if written is not None and written.table is None:
            span, name = meaning(tokens, core, left), written.column.lower()
        distance = distance_in(tokens, span)
        if distance is not None and is_constant(tokens, right):
            return distance, right, less != distance.sign, name
    return None


def _outside(tokens: Sequence[Token], start: int, end: int) -> Iterator[int]:
    """Yield the indexes of tokens that stand in no parentheses."""
    depth = 0
    for at in range(start, end):
        depth += (tokens[at].text == "(") - (tokens[at].text == ")")
        if not depth:
            yield at


def _closes(tokens: Sequence[Token], at: int, end: int) -> bool:
    depth = 0
    for index in range(at, end + 1):
        depth += (tokens[index].text == "(") - (tokens[index].text == ")")
        if depth == 0:
            return index == end
    return False
