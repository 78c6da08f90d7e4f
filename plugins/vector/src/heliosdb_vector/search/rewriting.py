"""The text that SQLite runs for a statement with searches, and the values that go with it.

Each search gets the condition ``rowid IN (candidates)``. The candidates are a parameter, a JSON array, and beside it
stands what the database's *version* was when they were computed. The condition compares that with the version that the
statement itself sees; should they differ, because somebody has committed in between or because there are no candidates,
all rows are candidates. So the text is right whatever its parameters are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.parameters import parameters
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, splice

from ..memory.changes import LOG
from ..recognising.clauses import Span
from ..recognising.searches import Search

_OURS = "heliosdb_vector_"
NO_VERSION = "none"
"""What no database has for a version: all rows are candidates."""


class Values:
    """The values of one execution, by the parameter as it is written in the user's text."""

    def __init__(self, given: Any, numbers: Mapping[int, int]) -> None:
        self._given = given
        self._numbers = numbers  # of the parameter token that starts at a place of the text
        self.by_name = isinstance(given, Mapping)

    def of(self, token: Token) -> Any:
        """Return the value of a parameter.

        :raises LookupError: the program gave none
        """
        if self.by_name:
            return self._given[token.text[1:]]
        return self._given[self._numbers[token.start] - 1]


class Restricted(NamedTuple):
    """A statement with a condition for each of its searches."""

    text: str
    numbers: Mapping[int, int]
    """SQLite's number of each parameter in the user's text, by its place there."""
    bind: Callable[[Any, Sequence[tuple[Any, Any]]], Any]
    """Adds the version and the candidates of each search to the user's values."""


class Version(Enum):
    """What tells that the statement sees what its candidates were computed from."""

    NONE = "0"
    """Nobody else can change it."""
    DATA = "(SELECT data_version FROM pragma_data_version)"
    """SQLite's count of what others have committed to the main database."""
    LOG = "log"
    """The log's last entry, which costs less: nothing but a table that is logged matters."""


def version_of(schema: str, version: Version) -> str:
    """Return the SQL expression for a version."""
    if version is Version.LOG:
        return f"ifnull((SELECT nonce FROM {quote_identifier(schema)}.{LOG} ORDER BY seq DESC LIMIT 1), 0)"
    return str(version.value)


def ties(tokens: Sequence[Token], searches: Sequence[Search]) -> list[Edit]:
    """Return the edits that order rows of one distance by their rowids, however SQLite comes by them."""
    ordered = [each for each in searches if each.limit is not None and each.outer is None]
    ends = [(tokens[each.core.clauses["ORDER"][1] - 1].end, each) for each in ordered]
    return [Edit(end, end, f", {rowid_of(search)}") for end, search in ends]


def restricted(
    sql: str,
    tokens: Sequence[Token],
    searches: Sequence[Search],
    versions: Sequence[Version],
    others: Sequence[Edit],
) -> Restricted | None:
    """Return the statement with its searches restricted; None if its parameters are of several styles.

    :param versions: for each search, what is compared
    :param others: edits to be made as well
    """
    old = parameters(sql)
    style = _style([each.token for each in old])
    if style is None:
        return None
    highest = max((each.number for each in old), default=0)
    edits: list[Edit] = [*others]
    for place, search in enumerate(searches):
        version, candidates = (f":{_OURS}{2 * place + each}" for each in (1, 2))
        seen = version_of(search.schema, versions[place])
        edits += condition(tokens, search, _among(search, seen, version, candidates))
        if search.filtered and not search.source.indexed:
            end = tokens[search.source.end - 1].end
            # Few rows, by their rowids, not many by another index.
            edits.append(Edit(end, end, " NOT INDEXED"))
    text = splice(sql, edits)
    order = _order(text)
    numbers = {each.token.start: each.number for each in old}
    return Restricted(_in_style(text, style, highest), numbers, _binder(style, order, highest))


def condition(tokens: Sequence[Token], search: Search, text: str) -> list[Edit]:
    """Return the edits that add a condition to a search's WHERE clause."""
    where = search.core.span("WHERE")
    if where is not None:
        start, end = tokens[where[0]].start, tokens[where[1] - 1].end
        return [Edit(start, start, "("), Edit(end, end, f") AND {text}")]
    end = tokens[search.core.clauses["FROM"][1] - 1].end
    return [Edit(end, end, f" WHERE {text}")]


def rowid_of(search: Search) -> str:
    """Return the expression for the rowid of the search's table."""
    return f"{quote_identifier(search.source.alias)}.{search.rowid}"


def _among(search: Search, seen: str, version: str, candidates: str) -> str:
    table = f"{quote_identifier(search.schema)}.{quote_identifier(search.source.name)}"
    return (
        f"{rowid_of(search)} IN (SELECT value FROM json_each(CASE WHEN {seen} IS {version} "
        f"THEN {candidates} ELSE (SELECT json_group_array({search.rowid}) FROM {table}) END))"
    )


def _style(tokens: Sequence[Token]) -> str | None:
    """Return how the parameters are written: ``?``, ``?1`` or ``:name``; None if not all in one way."""
    styles = {"?" if each.text == "?" else "?1" if each.text[0] == "?" else ":name" for each in tokens}
    if len(styles) > 1:
        return None
    return styles.pop() if styles else "?"


def _our_number(token: Token) -> int:
    """Return the number of a parameter of ours, from 1; 0 for one of the user's."""
    return int(token.text[len(_OURS) + 1 :]) if token.text.startswith(f":{_OURS}") else 0


def _in_style(text: str, style: str, highest: int) -> str:
    """Return the text with our parameters written as the user's are."""
    if style == ":name":
        return text
    edits = [
        Edit(token.start, token.end, "?" if style == "?" else f"?{highest + number}")
        for token in (each.token for each in parameters(text))
        if (number := _our_number(token))
    ]
    return splice(text, edits)


def _order(text: str) -> list[int]:
    """Return, for a sequence of values, what stands in each place: -n for our n-th, otherwise the user's, from 0."""
    order: list[int] = []
    seen = {each.number: each.token for each in parameters(text)}
    users = 0
    for number in sorted(seen):
        ours = _our_number(seen[number])
        order.append(-ours if ours else users)
        users += not ours
    return order


def _binder(style: str, order: list[int], highest: int) -> Callable[[Any, Sequence[tuple[Any, Any]]], Any]:
    """Return the function that puts values and candidates where the restricted text has them."""

    def bind(given: Any, answers: Sequence[tuple[Any, Any]]) -> Any:
        flat = [value for answer in answers for value in answer]
        if isinstance(given, Mapping) and (highest or style != "?"):
            return {**given, **{f"{_OURS}{place}": value for place, value in enumerate(flat, 1)}}
        if len(given) != highest and highest:
            return given  # sqlite3 says what it thinks of that
        if style == "?1":
            return [*given, *flat]
        return [given[place] if place >= 0 else flat[-place - 1] for place in order]

    return bind


def expression(sql: str, tokens: Sequence[Token], span: Span) -> tuple[str, list[Token]]:
    """Return a piece of the statement as a text of its own, with ``?`` for its parameters, and these."""
    start, end = tokens[span[0]].start, tokens[span[1] - 1].end
    inside = [token for token in tokens[span[0] : span[1]] if token.kind is Kind.PARAMETER]
    edits = [Edit(token.start - start, token.end - start, "?") for token in inside]
    return splice(sql[start:end], edits), inside
