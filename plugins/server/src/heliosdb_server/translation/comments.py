"""COMMENT ON: what people say about tables, views, columns, indexes and sequences.

It is kept in a table of the file, ``heliosdb_comments``, by the name of what it is about; the number in its definition
is the format's version. Statements that rename or drop something take its comments along.
"""

from __future__ import annotations

import re

from heliosdb_sqlite.sql.quoting import quote_text

from ..protocol.errors import PgError, not_supported
from . import tree
from .scope import Schema, TableInfo

TABLE = "heliosdb_comments"
VERSION = 1
MARK = re.compile(r"\(\s*/\* comments (\d+) \*/")
_CREATE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (/* comments 1 */ relation TEXT NOT NULL, member TEXT NOT NULL,"
    " comment TEXT NOT NULL, PRIMARY KEY (relation, member)) WITHOUT ROWID"
)
_CONSTRAINT = "CONSTRAINT "  # other names are in small letters
_KINDS = {"table": "table", "view": "view", "sequence": "sequence"}


def said(node: tree.Comment, schema: Schema) -> list[str]:
    """Return the statements that keep a comment, or remove one."""
    if node.kind == "index":
        if not schema.has_index(node.name[-1]) or not (len(node.name) > 1 or schema.sees("public")):
            raise PgError("42P01", f'relation "{node.name[-1]}" does not exist')
        return _kept(schema, node.name[-1], "", node.text)
    if node.kind == "column":
        if len(node.name) < 2:
            raise PgError("42601", "column name must be qualified")
        info = _relation(schema, node.name[:-1])
        column = next((c.name for c in info.columns if c.name == node.name[-1]), None)
        if column is None:
            raise PgError("42703", f'column "{node.name[-1]}" of relation "{info.name}" does not exist')
        return _kept(schema, info.name, column, node.text)
    if node.kind == "constraint":
        info = _relation(schema, node.of)
        if not schema.has_constraint(info.name, node.name[-1]):
            text = f'constraint "{node.name[-1]}" for table "{info.name}" does not exist'
            raise PgError("42704", text)
        return _kept(schema, info.name, constraint(node.name[-1]), node.text)
    if node.kind not in _KINDS:
        raise not_supported(f"COMMENT ON {node.kind.upper()} is not supported")
    info = _relation(schema, node.name)
    if info.kind != _KINDS[node.kind]:
        raise PgError("42809", f'"{info.name}" is not a {node.kind}')
    return _kept(schema, info.name, "", node.text)


def constraint(name: str) -> str:
    """Return what a constraint is called among the members of a relation."""
    return _CONSTRAINT + name.lower()


def constraint_of(member: str) -> str:
    """Return the name, in small letters, of the constraint that a member is; "" for a column."""
    return member[len(_CONSTRAINT) :] if member.startswith(_CONSTRAINT) else ""


def _folded(member: str) -> str:
    return member if member.startswith(_CONSTRAINT) else member.lower()


def _relation(schema: Schema, name: tuple[str, ...]) -> TableInfo:
    info = schema.named(name)
    if info is None:
        raise PgError("42P01", f'relation "{".".join(name)}" does not exist')
    if info.schema in ("pg_catalog", "information_schema"):
        raise PgError("42501", f"must be owner of relation {info.name}")
    if info.schema == "temp":
        raise not_supported("comments on temporary tables are not kept")
    return info


def _kept(schema: Schema, relation: str, member: str, text: str | None) -> list[str]:
    place = f"{quote_text(relation.lower())}, {quote_text(_folded(member))}"
    if not text:  # '' and NULL alike remove it
        return [f"DELETE FROM {TABLE} WHERE (relation, member) = ({place})"] if there(schema) else []
    create = [] if there(schema) else [_CREATE]
    return [*create, f"INSERT OR REPLACE INTO {TABLE} VALUES ({place}, {quote_text(text)})"]


def there(schema: Schema) -> bool:
    """Has anybody said anything?

    :raises PgError: in a format of later versions, in which nothing can be changed here
    """
    found = schema.comments_format()
    if found not in (None, VERSION):
        raise not_supported(f"the comments of this file have format {found}, and this server knows {VERSION}")
    return found is not None


def forgotten(schema: Schema, relation: str, member: str | None = None) -> list[str]:
    """Return what removes the comments of something that is dropped: a column's, or all of a relation."""
    if not there(schema):
        return []
    more = f" AND member = {quote_text(_folded(member))}" if member is not None else ""
    return [f"DELETE FROM {TABLE} WHERE relation = {quote_text(relation.lower())}{more}"]


def copied(relation: str, new: str, *, members: bool) -> list[str]:
    """Return what gives something new the comments of another: those of its columns, or its own."""
    text = (
        f"INSERT OR REPLACE INTO {TABLE} SELECT {quote_text(new.lower())}, member, comment FROM {TABLE}"
        f" WHERE relation = {quote_text(relation.lower())} AND member {'<>' if members else '='} ''"
    )
    return [text]


def renamed(schema: Schema, relation: str, new: str, member: str | None = None) -> list[str]:
    """Return what brings the comments of something along that gets another name."""
    if not there(schema):
        return []
    word = quote_text(_folded(new))
    where = f"relation = {quote_text(relation.lower())}"
    if member is None:
        return [f"UPDATE {TABLE} SET relation = {word} WHERE {where}"]
    return [f"UPDATE {TABLE} SET member = {word} WHERE {where} AND member = {quote_text(_folded(member))}"]
