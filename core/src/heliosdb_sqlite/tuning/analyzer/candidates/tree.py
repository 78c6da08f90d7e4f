"""Statements as trees, in the form in which they look for rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...._standard import sqlite3
from ....sql.lexer import Kind, tokenize
from ....sql.names import folded
from ....sql.splice import Edit, splice
from ....sql.tree import parse
from ..schema.catalog import Catalog

if TYPE_CHECKING:
    from sqlglot import exp

_DEPTH = 8  # views within views


def read_tree(text: str) -> exp.Expr:
    """Return the tree of a statement; its parameters are placeholders named p0, p1, ... in the order of the text.

    sqlglot can't read numbered ones, and a tree has them in an order of its own.
    """
    tokens = tokenize(text)
    marks = [token for token in tokens if token.kind is Kind.PARAMETER]
    edits = [Edit(each.start, each.end, f":p{number}") for number, each in enumerate(marks)]
    edits += [Edit(each.start, each.end, "INSERT") for each in tokens[:1] if each.word == "REPLACE"]
    return parse(splice(text, edits))


@contextmanager
def judged_by_sqlglot() -> Iterator[None]:
    """Have whatever goes wrong with a tree be the one error that says so.

    A tree of a shape that nobody thought of is no reason to give up on the other statements.

    :raises NotSupportedError: the statement can't be analysed
    """
    from sqlglot.errors import SqlglotError

    try:
        yield
    except (SqlglotError, RecursionError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise sqlite3.NotSupportedError(f"this statement can't be analysed ({error})") from None


def query_of(tree: exp.Expr) -> exp.Expr | None:
    """Return the statement as a query that looks for the same rows; None where it looks for none."""
    from sqlglot import exp

    if isinstance(tree, exp.Query):
        return tree
    if isinstance(tree, exp.Insert):
        return tree.expression if isinstance(tree.expression, exp.Query) else None
    if isinstance(tree, exp.Update | exp.Delete):
        select = exp.Select(expressions=[exp.Literal.number(1)])
        sources = [tree.this]
        if tree.args.get("from_") is not None:
            sources.append(tree.args["from_"].this)
            sources += [join.this for join in tree.args["from_"].this.args.get("joins") or ()]
        select.set("from_", exp.From(this=sources[0].copy()))
        select.set("joins", [exp.Join(this=each.copy()) for each in sources[1:]])
        if isinstance(tree, exp.Update):  # the subqueries of SET look for rows too
            select.set(
                "expressions",
                [each.expression.copy() for each in tree.expressions if each.expression]
                or select.expressions,
            )
        for part in ("where", "with_"):
            if tree.args.get(part) is not None:
                select.set(part, tree.args[part].copy())
        return select
    return None


def put_views_in(tree: exp.Expr, catalog: Catalog, depth: int = 0) -> None:
    """Put each view's query in the place of its name."""
    from sqlglot import exp

    common = {folded(cte.alias) for cte in tree.find_all(exp.CTE)}
    for node in list(tree.find_all(exp.Table)):
        if not node.db and folded(node.name) in common:
            continue
        view = catalog.find(node.name, node.db)
        if view is None or view.kind != "view" or depth >= _DEPTH:
            continue
        try:
            definition = read_tree(view.sql)
        except sqlite3.NotSupportedError:  # its columns are then nobody's
            continue
        query = definition.expression
        if not isinstance(query, exp.Query) or isinstance(definition.this, exp.Schema):
            continue
        put_views_in(query, catalog, depth + 1)
        node.replace(
            exp.Subquery(this=query.copy(), alias=exp.TableAlias(this=exp.to_identifier(node.alias_or_name)))
        )


def collation_of(node: exp.Expr | None) -> str:
    from sqlglot import exp

    node = node.unnest() if node is not None else None
    return node.expression.name.upper() if isinstance(node, exp.Collate) else ""


def conjuncts(node: exp.Expr) -> list[exp.Expr]:
    from sqlglot import exp

    node = node.unnest()
    return [*conjuncts(node.this), *conjuncts(node.expression)] if isinstance(node, exp.And) else [node]


def disjuncts(node: exp.Expr) -> list[exp.Expr]:
    from sqlglot import exp

    node = node.unnest()
    return [*disjuncts(node.this), *disjuncts(node.expression)] if isinstance(node, exp.Or) else [node]
