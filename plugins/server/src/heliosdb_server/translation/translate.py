"""One statement of a client's: what SQLite runs for it, what comes back, and what is to be known about it before."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timezone, tzinfo
from typing import Any

from heliosdb_sqlite.sql import lexer as sqlite_lexer
from heliosdb_sqlite.sql.parameters import parameters
from heliosdb_sqlite.sql.splice import Edit, splice

from ..protocol.errors import PgError
from ..types.registry import BY_OID, TEXT, Sized
from . import tree
from .alter_table import AlterTable
from .decimals import last_of
from .holding import Step
from .parser import parse
from .scope import Column, Schema

_TAGS = {
    "createtable": "CREATE TABLE",
    "createindex": "CREATE INDEX",
    "alter": "ALTER TABLE",
    "truncate": "TRUNCATE TABLE",
    "createsequence": "CREATE SEQUENCE",
    "comment": "COMMENT",
    "createtype": "CREATE TYPE",
    "createdomain": "CREATE DOMAIN",
}
# What clients may say in SQLite's own dialect, by first word: whether it writes, and its tag.
_RAW = {
    "select": (False, "SELECT"), "values": (False, "SELECT"), "with": (False, "SELECT"), "pragma": (True, "PRAGMA"),
    "explain": (False, "EXPLAIN"), "insert": (True, "INSERT"), "replace": (True, "INSERT"),
    "update": (True, "UPDATE"), "delete": (True, "DELETE"), "create": (True, "CREATE"), "alter": (True, "ALTER TABLE"),
    "drop": (True, "DROP"), "merge": (True, "MERGE"), "show": (False, "SHOW"), "reindex": (True, "REINDEX"),
}  # fmt: skip
_READING_PRAGMAS = frozenset(
    [
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "foreign_key_list",
        "foreign_key_check",
        "database_list",
        "collation_list",
        "function_list",
        "module_list",
        "pragma_list",
        "compile_options",
        "integrity_check",
        "quick_check",
        "schema_version",
        "user_version",
        "application_id",
        "page_count",
        "page_size",
        "freelist_count",
        "encoding",
        "journal_mode",
    ]
)


_NUMBER = re.compile(r"\$(\d+)")


@dataclass
class Translated:
    """What is to be done for a statement."""

    kind: str  # query, change, definition, command, raw, explain
    tag: str
    sql: list[Any] = field(default_factory=list)  # texts, and for ALTER TABLE changes of the definition
    columns: tuple[Column, ...] | None = None  # None: no rows; () with `guess`: whatever comes
    guess: bool = False  # columns are what SQLite says, types what the values say
    parameters: list[Sized] = field(default_factory=list)
    writes: bool = False
    steps: list[Step] = field(default_factory=list)
    node: tree.Node | None = None
    orders: list[tuple[int, ...]] = field(
        default_factory=list
    )  # which values each text takes, the steps' first
    trusted: bool = False  # a plugin's own statement, which may open other files
    unheeded: bool = (
        False  # it reads no table, so that SQLite does not look whether the types in it are still the same
    )
    plan: Any = None  # what the session has worked out for running it


def translate(
    text: str, schema: Schema, types: tuple[int, ...] = (), here: tzinfo = timezone.utc
) -> Translated:
    """Return what one statement means.

    :param types: OIDs of parameters, as far as the client says; 0 where it does not
    :raises PgError: it means nothing
    """
    try:
        node, count = parse(text, schema)
    except PgError as error:
        if error.code != "42601":
            raise
        return _raw(text, error, types)
    if isinstance(node, tree.Command):
        made = Translated("command", node.name.upper(), node=node)
        if node.name == "declare":  # its query's parameters are its own
            made.parameters = translate(node.args["text"], schema, types, here).parameters
        return made
    return _translated(node, text, max(count, len(types)), schema, types, here)


def _translated(
    node: tree.Node, text: str, count: int, schema: Schema, types: tuple[int, ...], here: tzinfo
) -> Translated:
    writer = AlterTable(schema, types, here)
    writer.given = count
    writer.once = frozenset(int(n) for n, times in Counter(_NUMBER.findall(text)).items() if times == 1)
    try:
        made = _written(writer, node, text, schema, types, here)
    except RecursionError:
        raise PgError("54001", "stack depth limit exceeded: the statement nests too deeply") from None
    unknown = [n for n in range(1, count + 1) if n not in writer.parameters]
    if unknown and len(types) < count:
        raise PgError("42P18", f"could not determine data type of parameter ${unknown[0]}")
    made.parameters = [writer.parameters.get(n) or Sized(TEXT) for n in range(1, count + 1)]
    steps = [_positional(step.sql) for step in writer.steps]
    texts = [_positional(sql) for sql in made.sql]
    made.steps = [step._replace(sql=sql) for step, (sql, _) in zip(writer.steps, steps, strict=True)]
    made.sql = [sql for sql, _ in texts]
    made.orders = [order for _, order in (*steps, *texts)]
    made.writes = made.writes or writer.writes
    made.unheeded = not writer.names_tables and schema.defines_types()
    made.node = node
    return made


def _written(
    writer: AlterTable, node: tree.Node, text: str, schema: Schema, types: tuple[int, ...], here: tzinfo
) -> Translated:
    if isinstance(node, tree.Select):
        writer.ask_before(node)
        writer.last = last_of(node)
        sql, columns = writer.query(node, None)
        return Translated("query", "SELECT", [sql], columns, writes=bool(node.locking) and False)
    if isinstance(node, (tree.Insert, tree.Update, tree.Delete)):
        sql, columns = writer.change(node)
        return Translated(
            "change", type(node).__name__.upper(), [sql], columns if node.returning else None, writes=True
        )
    if isinstance(node, tree.Merge):
        return Translated("change", "MERGE", list(writer.merge(node)), writes=True)
    if isinstance(node, tree.Explain):
        return _explained(writer, node, text, schema, types, here)
    sql_list = writer.definition(node)
    tag = _TAGS.get(type(node).__name__.lower(), "")
    if isinstance(node, tree.CreateAs):
        filled = node.with_data and sql_list
        tag = "CREATE VIEW" if node.kind == "view" else "SELECT" if filled else "CREATE TABLE AS"
    elif isinstance(node, tree.Drop):
        tag = f"DROP {node.kind.upper()}"
    elif isinstance(node, (tree.Alter, tree.AlterType)):
        tag = f"ALTER {node.kind.upper()}"
    return Translated("definition", tag, sql_list, writes=True)


def _explained(
    writer: AlterTable, node: tree.Explain, text: str, schema: Schema, types: tuple[int, ...], here: tzinfo
) -> Translated:
    made = _written(writer, node.query, text, schema, types, here)
    if made.kind not in ("query", "change"):
        raise PgError("0A000", "EXPLAIN explains queries and changes of rows")
    column = Column("QUERY PLAN", Sized(BY_OID[114] if node.options.get("format") == "json" else TEXT))
    made.columns = (column,)
    made.kind, made.tag = "explain", "EXPLAIN"
    made.node = node
    made.writes = made.writes and "analyze" in node.options
    return made


def _raw(text: str, error: PgError, types: tuple[int, ...]) -> Translated:
    """Return a statement that is not PostgreSQL's as SQLite's, if it may be that."""
    tokens = sqlite_lexer.tokenize(text)
    words = [token.word.lower() for token in tokens[:4]]
    first = words[0] if words else ""
    verb = sqlite_lexer.verb(text).lower()
    if first not in _RAW:
        raise error
    writes, tag = _RAW[verb if verb in _RAW else first]
    numbered = [
        (token, int(token.text[1:]))
        for token in tokens
        if token.kind is sqlite_lexer.Kind.PARAMETER and re.fullmatch(r"\$\d+", token.text)
    ]
    if any(token.kind is sqlite_lexer.Kind.PARAMETER and token.text[0] in "?:@" for token in tokens):
        raise error
    sql = splice(text, [Edit(token.start, token.end, f"?{number}") for token, number in numbered])
    count = max([number for _, number in numbered] + [len(types)])
    if first == "pragma":
        name = words[3] if len(words) > 3 and tokens[2].text == "." else words[1] if len(words) > 1 else ""
        writes = name not in _READING_PRAGMAS
    trusted = words[:2] in (
        ["create", "branch"],
        ["merge", "branch"],
        ["drop", "branch"],
        ["show", "branches"],
    )
    if first == "show" and not trusted:
        raise error
    if tag in ("CREATE", "DROP"):
        tag = f"{tag} {next((w.upper() for w in words[1:] if w not in ('temp', 'temporary', 'virtual', 'unique')), '')}"
    returns = first in ("select", "values", "pragma", "explain", "show", "merge") or verb == "select"
    returns = returns or trusted or any(token.word == "RETURNING" for token in tokens)
    known = [Sized(BY_OID[oid]) if oid in BY_OID and oid != 705 else Sized(TEXT) for oid in types]
    known += [Sized(TEXT)] * (count - len(known))
    made = Translated(
        "raw", tag, [sql], () if returns else None, guess=returns, parameters=known, writes=writes
    )
    made.sql, made.orders = [_positional(sql)[0]], [_positional(sql)[1]]
    made.trusted = trusted
    made.node = _Raw(error)
    return made


def _positional(sql: Any) -> tuple[Any, tuple[int, ...]]:
    """Return the text with a bare ``?`` for each ``?1``, and which values go there: sequences don't go with numbers."""
    if not isinstance(sql, str) or "?" not in sql:
        return sql, ()
    found = parameters(sql)
    edits = [Edit(each.token.start, each.token.end, "?") for each in found]
    return splice(sql, edits), tuple(each.number - 1 for each in found)


class _Raw(tree.Node):
    """Keeps what PostgreSQL would have said about a statement that turns out to be nobody's."""

    def __init__(self, error: PgError) -> None:
        super().__init__(at=0)
        self.error = error


def original_error(made: Translated) -> PgError | None:
    """Return PostgreSQL's error for a statement that was tried as SQLite's."""
    node: Any = made.node
    return node.error if isinstance(node, _Raw) else None
