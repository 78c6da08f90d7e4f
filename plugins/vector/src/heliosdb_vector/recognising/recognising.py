"""Searches in a statement: the nearest rows, or those within a distance, of one column of one table.

A statement may have several; each is a SELECT, alone or inside another one. What is found here is that a SELECT has the
shape of a search; whether and how it is answered from memory is decided when its values are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from heliosdb_sqlite.plugins import run
from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..statements.relations import Relations
from .clauses import Core, Source, Span, conjuncts, cores, sources, split
from .ordered import direction, meaning, without_alias
from .sqlfunctions import Functions
from .terms import Distance, Name, distance_in, is_constant, name_in

_ROWIDS = ("rowid", "_rowid_", "oid")
_LESS = {"<": 1, "<=": 1, ">": -1, ">=": -1}


@dataclass(frozen=True)
class Search:
    """A SELECT that searches."""

    core: Core
    source: Source
    schema: str  # the database that the table is in
    rowid: str
    column: str
    distance: Distance
    limit: Span | None = None
    offset: Span | None = None
    farthest: bool = False
    within: Span | None = None  # the most that the distance may be; None: the nearest are asked for
    filtered: bool = False  # other conditions decide as well which rows qualify
    outer: Core | None = None  # the SELECT around it that orders and limits its rows
    tested: Core | None = None  # the one around it whose conditions decide which rows qualify, if it has any


class Refused(Exception):
    """This SELECT orders rows by a distance, or compares one, and is not answered from memory; the message says why."""


def searches_in(
    connection: Any, tokens: Sequence[Token], relations: Relations
) -> tuple[list[Search], list[str]]:
    """Return the searches of a statement, and why other SELECTs with distances are none."""
    found: list[Search] = []
    reasons: list[str] = []
    functions: Functions | None = None
    shadowed = _table_expressions(tokens)
    for core in cores(tokens):
        for look in (_nearest, _within):
            try:
                search = look(tokens, core, relations, shadowed)
                if search is None:
                    continue
                functions = functions or Functions(connection)
                search = _checked(connection, tokens, search, functions, relations)
            except Refused as refused:
                reasons.append(str(refused))
                continue
            found.append(search)
            break  # one restriction is enough for a SELECT
    return found, list(dict.fromkeys(reasons))


def reads_nothing_else(tokens: Sequence[Token], search: Search) -> bool:
    """Return whether which rows a search finds depends on its table alone."""
    core, distance = search.core, search.distance
    spans = [distance.query, distance.metric, search.limit, search.offset, search.within]
    if search.filtered:
        if len(sources(tokens, _from(core)) or (None, None)) > 1:
            return False
        spans += [core.span("FROM"), core.span("WHERE")]
        if search.tested is not None:
            spans.append(search.tested.span("WHERE"))
    return not any(span is not None and _reads(tokens, span) for span in spans)


def _reads(tokens: Sequence[Token], span: Span) -> bool:
    """Return whether an expression reads a table, by a subquery or by ``x IN table``."""
    for at in range(*span):
        if tokens[at].word == "SELECT":
            return True
        if tokens[at].word == "IN" and at + 1 < span[1] and tokens[at + 1].text != "(":
            return True
    return False


def _table_expressions(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the names that WITH clauses give, in lower case: a table of that name may be one of them."""
    if not any(token.word == "WITH" for token in tokens):
        return frozenset()
    names = set()
    for at, token in enumerate(tokens[:-2]):
        if token.word != "AS" or at == 0:
            continue
        following = at + 1
        while following < len(tokens) and tokens[following].word in ("NOT", "MATERIALIZED"):
            following += 1
        if following >= len(tokens) or tokens[following].text != "(":
            continue
        before = at - 1
        if tokens[before].text == ")":
            while before > 0 and tokens[before].text != "(":
                before -= 1
            before -= 1
        names.add(tokens[before].name.lower())
    return frozenset(names)


# -- the nearest -------------------------------------------------------------------------------------------------------


def _nearest(
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
        inner, distance = _inner(tokens, core, ordered_by, descending)
        if inner is None or distance is None:
            return None
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
    if inner is None and (behind := _behind(tokens, core, distance)) is not None:
        inner, distance = behind
        if core.span("WHERE") is not None:
            if not core.clauses["FROM"][0] < inner.start < core.clauses["FROM"][1]:
                raise Refused("a condition stands outside of the table expression that has the vectors")
            tested = core
    searched = core if inner is None else inner
    source, schema, rowid = _table(tokens, searched, distance, relations, shadowed)
    where = searched.span("WHERE")
    joined = len(sources(tokens, _from(searched)) or ()) > 1
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


def _behind(tokens: Sequence[Token], core: Core, distance: Distance) -> tuple[Core, Distance] | None:
    """Return the subquery or table expression that a SELECT takes all its rows from, and the distance as it is there.

    That is where the vectors are a column of it as they are in its table.
    """
    body = _body(tokens, _from(core))
    found = _plain(tokens, body) if body is not None else None
    if found is None or found.span("FROM") is None:
        return None
    names = []
    for span in split(tokens, found.clauses["SELECT"]):
        (start, end), alias = without_alias(tokens, span)
        if tokens[end - 1].text == "*":
            table = tokens[start].name if end - start == 3 else None
            names.append((distance.column.column.lower(), Name(table, distance.column.column)))
        elif (written := name_in(tokens, (start, end))) is not None:
            names.append((alias or written.column.lower(), written))
    named = [written for name, written in names if name == distance.column.column.lower()]
    return (found, distance._replace(column=named[0])) if len(named) == 1 else None


def _plain(tokens: Sequence[Token], start: int) -> Core | None:
    """Return the SELECT that starts at a token if its rows are rows of its tables, each as often as it is there."""
    found = next((each for each in cores(tokens) if each.start == start), None)
    if found is None or found.compound or tokens[found.start + 1].word in ("DISTINCT", "ALL"):
        return None
    if any(found.span(clause) for clause in ("GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT")):
        return None
    return found


def _inner(
    tokens: Sequence[Token], core: Core, term: Span, descending: bool
) -> tuple[Core | None, Distance | None]:
    """Return the subquery or table expression whose rows a SELECT orders by a distance that they have, and that."""
    written = name_in(tokens, term)
    body = _body(tokens, _from(core))
    if written is None or body is None:
        return None, None
    found = _plain(tokens, body)
    if found is None:
        return None, None
    columns = [without_alias(tokens, each) for each in split(tokens, found.clauses["SELECT"])]
    named = [span for span, alias in columns if alias == written.column.lower()]
    distance = distance_in(tokens, named[0]) if len(named) == 1 else None
    where = core.span("WHERE")
    if distance is None or found.span("FROM") is None:
        return None, None
    nearer = not descending
    if where is not None and not all(
        _keeps_the_first(tokens, each, written.column.lower(), nearer) for each in conjuncts(tokens, where)
    ):
        return None, None  # which rows qualify is not known before the inner SELECT has run
    return found, distance


def _body(tokens: Sequence[Token], span: Span) -> int | None:
    """Return the index of the SELECT that a FROM clause takes all its rows from."""
    start, end = span
    at = start
    if tokens[start].text != "(":
        name = tokens[start].name.lower()
        alias = [token for token in tokens[start + 1 : end] if token.word != "AS"]
        if len(alias) > 1 or any(token.kind not in (Kind.WORD, Kind.QUOTED) for token in alias):
            return None
        places = [place for place, token in enumerate(tokens) if token.name.lower() == name]
        opened = [at for at in (_opens_body(tokens, place) for place in places) if at is not None]
        if len(places) != 2 or len(opened) != 1 or any(token.word == "RECURSIVE" for token in tokens):
            return None
        at = opened[0]
    elif len(sources(tokens, span) or ()) != 1:
        return None
    return at + 1 if at + 1 < len(tokens) and tokens[at + 1].word == "SELECT" else None


def _opens_body(tokens: Sequence[Token], at: int) -> int | None:
    """Return the index of the parenthesis in ``name AS [[NOT] MATERIALIZED] (``, for the name at ``at``."""
    at += 1
    if at >= len(tokens) or tokens[at].word != "AS":
        return None
    at += 1
    while at < len(tokens) and tokens[at].word in ("NOT", "MATERIALIZED"):
        at += 1
    return at if at < len(tokens) and tokens[at].text == "(" else None


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


# -- within a distance -------------------------------------------------------------------------------------------------


def _within(
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
        if not by_name and (behind := _behind(tokens, core, distance)) is not None:
            (searched, distance), outer = behind, core
        try:
            source, schema, rowid = _table(tokens, searched, distance, relations, shadowed)
        except Refused as refused:
            reason = str(refused)
            continue
        if by_name:
            relation = relations.relation(source.name, source.schema)
            names = {name.lower() for name, _ in relation.columns} if relation is not None else set()
            alone = len(sources(tokens, _from(core)) or ()) == 1
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
    while tokens[start].text == "(" and _closes(tokens, start, end - 1):
        start, end = start + 1, end - 1
        if len(conjuncts(tokens, (start, end))) > 1:
            return None
    depth = 0
    for at in range(start, end):
        depth += (tokens[at].text == "(") - (tokens[at].text == ")")
        if depth or tokens[at].text not in _LESS:
            continue
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
    return None


def _closes(tokens: Sequence[Token], at: int, end: int) -> bool:
    depth = 0
    for index in range(at, end + 1):
        depth += (tokens[index].text == "(") - (tokens[index].text == ")")
        if depth == 0:
            return index == end
    return False


# -- the table ---------------------------------------------------------------------------------------------------------


def _from(core: Core) -> Span:
    return core.clauses["FROM"]


def _table(
    tokens: Sequence[Token], core: Core, distance: Distance, relations: Relations, shadowed: frozenset[str]
) -> tuple[Source, str, str]:
    """Return the table whose column is searched, its database, and a name of its rowid."""
    found = sources(tokens, _from(core))
    if found is None:
        raise Refused("its FROM clause has something that is not understood")
    source = _owner(found, distance, relations, shadowed)
    if source.schema is None and source.name.lower() in shadowed:
        raise Refused(f"{source.name!r} is defined by a WITH clause")
    if any(each is not None and each.join in ("RIGHT", "FULL") for each in found) or source.join == "LEFT":
        raise Refused("an outer join may leave the table's columns empty")
    same = [each for each in found if each is not None and each.alias.lower() == source.alias.lower()]
    if len(same) > 1:
        raise Refused(f"two tables are named {source.alias!r}")
    table = relations.schema.table(source.name, source.schema)
    if table is None:
        raise Refused(f"there is no table {source.name!r}")
    if table.kind != "table":
        raise Refused(f"{source.name!r} is a {table.kind if table.kind == 'view' else 'virtual table'}")
    names = {column.name.lower() for column in table.columns}
    if distance.column.column.lower() not in names:
        raise Refused(f"{distance.column.column!r} is no column of {source.name!r}")
    free = [name for name in _ROWIDS if name not in names]
    if not free:
        raise Refused("columns of the table hide its rowid")
    return source, table.schema, free[0]


def _owner(
    found: list[Source | None], distance: Distance, relations: Relations, shadowed: frozenset[str]
) -> Source:
    wanted = distance.column
    if wanted.table is not None:
        named = [each for each in found if each is not None and each.alias.lower() == wanted.table.lower()]
        if not named:
            raise Refused(f"{wanted.table!r} is no table of its FROM clause")
        return named[0]
    owners = []
    for each in found:
        relation = relations.relation(each.name, each.schema) if each is not None else None
        if each is None or relation is None or (each.schema is None and each.name.lower() in shadowed):
            raise Refused("it is not clear which table the vector is from: write table.column")
        if wanted.column.lower() in (name.lower() for name, _ in relation.columns):
            owners.append(each)
    if len(owners) != 1:
        raise Refused(f"it is not clear which table {wanted.column!r} is from")
    return owners[0]


def _checked(
    connection: Any, tokens: Sequence[Token], search: Search, functions: Functions, relations: Relations
) -> Search:
    """Return the search if its functions and its table allow it."""
    place = f"{quote_identifier(search.schema)}.{quote_identifier(search.source.name)}"
    try:
        run(connection, f"SELECT {search.rowid} FROM {place} LIMIT 0")
    except Exception:  # noqa: BLE001 - whatever SQLite says to that
        raise Refused(f"table {search.source.name!r} is WITHOUT ROWID") from None
    core = search.core
    if search.within is not None:
        if search.outer is not None and functions.aggregates(tokens, core.clauses["SELECT"]):
            raise Refused("its result is computed over all rows, by an aggregate or a window")
        return search
    ordering = search.outer or core
    order = ordering.clauses["ORDER"]
    for span in (core.clauses["SELECT"], ordering.clauses["SELECT"], (order[0] + 1, order[1])):
        if functions.aggregates(tokens, span):
            raise Refused("its result is computed over all rows, by an aggregate or a window")
    if search.filtered:
        tested = search.tested
        for condition in (core.span("WHERE"), core.span("FROM"), tested and tested.span("WHERE")):
            varying = functions.varies(tokens, condition) if condition is not None else ""
            if varying:
                raise Refused(
                    f"{varying} may decide otherwise each time: its conditions can't be tested twice"
                )
    return search
