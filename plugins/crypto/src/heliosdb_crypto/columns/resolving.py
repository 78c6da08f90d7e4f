"""Where a statement uses encrypted columns: what may be done with a ciphertext is let through, all else is refused.

A walk through the statement's tree. Names are resolved as SQLite resolves them: the query's own tables first, then
those of the queries around it. A ciphertext may be returned, passed on by functions that choose among values, and
compared with NULL; that of a DETERMINISTIC column may also be compared for equality, grouped and made distinct.
"""

from __future__ import annotations

import sqlite3
import string
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from sqlglot import exp

from heliosdb_sqlite.sql.tree import parse

from .declared import EncryptedColumn
from .names import DECRYPT, SEAL, SOUGHT
from .relations import Relations

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # SQLite folds these alone
_ALIKE = (exp.Alias, exp.Paren, exp.Filter)
_OF_WINDOW = (exp.FirstValue, exp.LastValue, exp.NthValue, exp.Lag, exp.Lead)
_EQUALITY = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is)


class Cipher(NamedTuple):
    """That a value is, or may be, a ciphertext: of one column, or of several."""

    column: EncryptedColumn
    pure: bool = True  # nothing but this column's values, and NULL

    def __or__(self, other: Any) -> Cipher:
        return self if other == self else Cipher(self.column, pure=False)


Kind = Cipher | None


class Column(NamedTuple):
    """A column of a table or result."""

    name: str  # in lower case
    kind: Kind


class Source(NamedTuple):
    """What stands in a FROM clause: its name in the query, and its columns."""

    name: str
    columns: Sequence[Column]
    schema: str = ""
    hidden: frozenset[str] = frozenset()  # columns that * has already had from another table: NATURAL, USING


class Comparison(NamedTuple):
    """A column that is compared with values in the clear: where it stands in the text, and which one it is."""

    start: int
    end: int
    column: EncryptedColumn


Tables = Mapping[str, Sequence[Column]]
Scope = Sequence[Sequence[Source]]  # the innermost query's sources first


class Resolver:
    """Resolves the names of one statement, or of one view."""

    def __init__(self, relations: Relations, sql: str, schema: str | None = None, depth: int = 0) -> None:
        self._relations = relations
        self._sql = sql
        self._schema = schema  # a view's own, in which its tables are
        self._depth = depth
        self.comparisons: list[Comparison] = []
        self.quoted: list[Comparison] = []

    def refuse(self, kind: Kind, what: str) -> None:
        """Refuse a use of a ciphertext."""
        if kind is None:
            return
        raise sqlite3.NotSupportedError(
            f"the encrypted column {kind.column} can't be used {what}, where SQLite sees its ciphertext only: "
            + (
                "DETERMINISTIC columns can be compared for equality"
                if not kind.column.deterministic
                else "only its own values can be compared with it, and only for equality"
            )
            + f"; {DECRYPT}({kind.column.name}) gives the value itself to an expression"
        )

    # -- statements --------------------------------------------------------------------------------------------------
    def insert(self, tree: Any, outer: Scope = ()) -> tuple[list[Kind], Any]:
        """Look through an INSERT; return the kinds of the values that it inserts, and the table's tree."""
        tables = self._with(tree, {})
        table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        source = next(iter(self._sources(table, {}, ())))
        kinds: list[Kind] = []
        query = tree.args.get("expression")
        if isinstance(query, exp.Values):
            rows = [
                [self.kind(each, [], tables, outer) for each in row.expressions] for row in query.expressions
            ]
            kinds = [_one_of(column) for column in zip(*rows, strict=False)]
        elif query is not None:
            kinds = [column.kind for column in self.query(query, tables, outer)]
        conflict = tree.args.get("conflict")
        if conflict is not None:
            scope = [source, source._replace(name="excluded")]
            for each in conflict.args.get("conflict_keys") or ():
                key = each.this if isinstance(each, exp.Ordered) else each
                if isinstance(key, exp.Identifier):  # so do older versions of sqlglot show a column
                    key = exp.Column(this=key)
                self._equal(self.kind(key, scope, tables, ()), "as the target of ON CONFLICT")
            self.assignments(conflict.expressions or (), scope, tables, outer, source)
            self._clause(conflict.args.get("where"), scope, tables, outer)
        self._returning(tree, [source], tables)
        return kinds, table

    def update(self, tree: Any, outer: Scope = ()) -> None:
        """Look through an UPDATE."""
        tables = self._with(tree, {})
        source = next(iter(self._sources(tree.this, {}, ())))
        scope = [source, *self._from(tree, tables, outer)]
        self.assignments(tree.expressions, scope, tables, outer, source)
        self._rest(tree, scope, tables, outer)

    def delete(self, tree: Any, outer: Scope = ()) -> None:
        """Look through a DELETE."""
        tables = self._with(tree, {})
        scope = list(self._sources(tree.this, {}, ()))
        self._rest(tree, scope, tables, outer)

    def _rest(self, tree: Any, scope: list[Source], tables: Tables, outer: Scope) -> None:
        self._clause(tree.args.get("where"), scope, tables, outer)
        self._order(tree, scope, tables, outer, [])
        for name in ("limit", "offset"):
            self._clause(tree.args.get(name), scope, tables, outer)
        self._returning(tree, scope[:1], tables)

    def assignments(
        self,
        expressions: Sequence[Any],
        scope: Sequence[Source],
        tables: Tables,
        outer: Scope,
        target: Source,
    ) -> None:
        """Look through SET: a ciphertext may go to encrypted columns alone."""
        encrypted = {column.name: column.kind for column in target.columns}
        for each in expressions:
            names = each.this.expressions if isinstance(each.this, exp.Tuple) else [each.this]
            value = each.expression
            if len(names) > 1 and isinstance(value, exp.Subquery):
                kinds = [column.kind for column in self.query(value, tables, (scope, *outer))]
            elif len(names) > 1:
                kinds = [self.kind(part, scope, tables, outer) for part in value.expressions]
            else:
                kinds = [self.kind(value, scope, tables, outer)]
            for name, kind in zip(names, kinds, strict=False):
                refuse_leak(kind, encrypted.get(_folded(name.name)), f"column {name.name!r}")

    def _returning(self, tree: Any, sources: Sequence[Source], tables: Tables) -> None:
        returned = tree.args.get("returning")
        if returned is not None:
            list(self._result(returned.expressions, sources, tables, ()))

    def query(self, tree: Any, tables: Tables, outer: Scope) -> list[Column]:
        """Look through a SELECT, UNION or VALUES; return its columns."""
        tables = self._with(tree, tables)
        if isinstance(tree, exp.Subquery) and not tree.args.get("joins"):
            return self.query(tree.this, tables, outer)
        if isinstance(tree, exp.SetOperation):
            left = self.query(tree.this, tables, outer)
            right = self.query(tree.expression, tables, outer)
            distinct = not isinstance(tree, exp.Union) or tree.args.get("distinct")
            columns = []
            for one, two in zip(left, right, strict=False):
                kind = _one_of((one.kind, two.kind), mixed_is_pure=False)
                if distinct:
                    self._equal(kind, f"in {tree.key.upper()}")
                columns.append(Column(one.name, kind))
            self._order(tree, [Source("", columns)], tables, outer, columns)
            return columns
        if isinstance(tree, exp.Values):
            rows = [
                [self.kind(each, [], tables, outer) for each in row.expressions] for row in tree.expressions
            ]
            return [
                Column(f"column{place}", _one_of(kinds))
                for place, kinds in enumerate(zip(*rows, strict=False), 1)
            ]
        if not isinstance(tree, exp.Select):
            raise sqlite3.NotSupportedError(
                f"this statement can't be analysed for encrypted columns: {self._sql!r}"
            )
        return self._select(tree, tables, outer)

    def _select(self, tree: Any, tables: Tables, outer: Scope) -> list[Column]:
        scope = self._from(tree, tables, outer)
        columns = list(self._result(tree.expressions, scope, tables, outer))
        self._clause(tree.args.get("where"), scope, tables, outer)
        if tree.args.get("distinct"):
            for column in columns:
                self._equal(column.kind, "with DISTINCT")
        aliased = [Source("", [each for each in columns if each.kind]), *scope]
        if (group := tree.args.get("group")) is not None:
            for each in group.expressions:
                kind = self._term(each, columns, aliased, tables, outer)
                self._equal(kind, "with GROUP BY")
        self._clause(tree.args.get("having"), aliased, tables, outer)
        self._order(tree, aliased, tables, outer, columns)
        for each in tree.args.get("windows") or ():
            self._window(each, scope, tables, outer)
        for name in ("limit", "offset"):
            self._clause(tree.args.get(name), scope, tables, outer)
        return columns

    def _term(
        self, tree: Any, columns: Sequence[Column], scope: Sequence[Source], tables: Tables, outer: Scope
    ) -> Kind:
        """Return the kind of a term of GROUP BY or ORDER BY, which may be the number of a result column."""
        if isinstance(tree, exp.Literal) and not tree.is_string and tree.name.isdigit():
            place = int(tree.name)
            return columns[place - 1].kind if 1 <= place <= len(columns) else None
        return self.kind(tree, scope, tables, outer)

    def _order(
        self, tree: Any, scope: Sequence[Source], tables: Tables, outer: Scope, columns: Sequence[Column]
    ) -> None:
        order = tree.args.get("order")
        for each in order.expressions if order is not None else ():
            term = each.this if isinstance(each, exp.Ordered) else each
            self.refuse(self._term(term, columns, scope, tables, outer), "with ORDER BY")

    def _clause(self, clause: Any, scope: Sequence[Source], tables: Tables, outer: Scope) -> None:
        if clause is not None:
            for each in clause.iter_expressions():
                self.refuse(self.kind(each, scope, tables, outer), "as a condition")

    def _with(self, tree: Any, tables: Tables) -> Tables:
        clause = tree.args.get("with_") or tree.args.get("with")
        if clause is None:
            return tables
        known = dict(tables)
        for each in clause.expressions:
            name = _folded(each.alias)
            names = [_folded(column.name) for column in each.args["alias"].columns]
            known.pop(name, None)
            body = first = each.this
            while isinstance(first, exp.SetOperation):
                first = first.this
            # One that refers to itself begins with its first SELECT; what the others bring is then taken in.
            found = _named(self.query(first, known, ()), names)
            while body is not first:
                before, known[name] = found, found
                found = _named(self.query(body, known, ()), names)
                if found == before:
                    break
            known[name] = found
        return known

    # -- FROM --------------------------------------------------------------------------------------------------------
    def _from(self, tree: Any, tables: Tables, outer: Scope) -> list[Source]:
        clause = tree.args.get("from_") or tree.args.get("from")
        sources: list[Source] = []
        if clause is None:
            return sources
        sources += self._sources(clause.this, tables, outer)
        for join in (*(clause.this.args.get("joins") or ()), *(tree.args.get("joins") or ())):
            self._join(join, sources, tables, outer)
        return sources

    def _join(self, join: Any, sources: list[Source], tables: Tables, outer: Scope) -> None:
        shared = {_folded(column.name) for column in join.args.get("using") or ()}
        for source in self._sources(join.this, tables, outer):
            if join.args.get("method") == "NATURAL":
                theirs = {column.name for column in source.columns}
                shared = theirs & {column.name for known in sources for column in known.columns}
            for column in (*source.columns, *(each for known in sources for each in known.columns)):
                if column.name in shared and column.kind is not None:
                    ours = [
                        each.kind
                        for known in (*sources, source)
                        for each in known.columns
                        if each.name == column.name
                    ]
                    self._equal(_one_of(ours, mixed_is_pure=False), "to join")
            sources.append(source._replace(hidden=frozenset(shared)))
        if (condition := join.args.get("on")) is not None:
            self.refuse(self.kind(condition, sources, tables, outer), "as a condition")

    def _sources(self, tree: Any, tables: Tables, outer: Scope) -> Iterator[Source]:
        """Yield what one term of a FROM clause brings: several tables if it is a join in parentheses."""
        alias = _folded(tree.alias)
        if isinstance(tree, exp.Subquery):
            inner = tree.this
            if isinstance(inner, (exp.Table, exp.Subquery)) and not alias:
                sources = list(self._sources(inner, tables, outer))
                for join in inner.args.get("joins") or ():
                    self._join(join, sources, tables, outer)
                yield from sources
                return
            yield Source(alias, self.query(tree, tables, outer))
        elif isinstance(tree, exp.Values):
            yield Source(alias, self.query(tree, tables, outer))
        elif isinstance(tree, exp.Table):
            name, schema = tree.name, tree.db or None
            if isinstance(tree.this, exp.Func):
                for each in tree.this.iter_expressions():
                    self.refuse(self.kind(each, [], tables, outer), "by a table-valued function")
                yield Source(alias or _folded(name), [])
            elif schema is None and _folded(name) in tables:
                yield Source(alias or _folded(name), tables[_folded(name)])
            else:
                yield Source(alias or _folded(name), self._table(name, schema), _folded(schema or ""))
        else:
            raise sqlite3.NotSupportedError(
                f"this statement can't be analysed for encrypted columns: {self._sql!r}"
            )

    def _table(self, name: str, schema: str | None) -> list[Column]:
        relation = self._relations.relation(name, schema or self._schema)
        if relation is None:
            return []  # sqlite_master, or none at all, as SQLite will say
        for _, encrypted in relation.columns:
            if encrypted is not None and not encrypted.id:
                raise sqlite3.DatabaseError(
                    f"column {encrypted} was declared ENCRYPTED without HeliosDB, and nothing in it is: make the table "
                    "anew on a connection with encryption_key or column_key"
                )
        columns = [Column(_folded(name), Cipher(kind) if kind else None) for name, kind in relation.columns]
        if not relation.view:
            return columns
        if self._depth > 50:  # SQLite lets views go in circles until they are used
            raise sqlite3.NotSupportedError(f"view {name!r} is made of itself")
        where = None if relation.schema == "temp" else relation.schema
        inner = Resolver(self._relations, relation.view, where, self._depth + 1)
        found = inner.query(parse(for_parser(relation.view)), {}, ())
        if inner.comparisons or len(found) != len(columns):
            raise sqlite3.NotSupportedError(f"view {name!r} compares an encrypted column with a value")
        return [Column(column.name, each.kind) for column, each in zip(columns, found, strict=True)]

    # -- expressions -------------------------------------------------------------------------------------------------
    def _result(
        self, expressions: Sequence[Any], sources: Sequence[Source], tables: Tables, outer: Scope
    ) -> Iterator[Column]:
        for each in expressions:
            if isinstance(each, exp.Star):
                for source in sources:
                    yield from (column for column in source.columns if column.name not in source.hidden)
            elif isinstance(each, exp.Column) and isinstance(each.this, exp.Star):
                found = next(iter(_matching(sources, each)), None)
                yield from found.columns if found is not None else ()
            else:
                yield Column(_folded(each.alias_or_name), self.kind(each, sources, tables, outer))

    def kind(self, tree: Any, sources: Sequence[Source], tables: Tables, outer: Scope) -> Kind:
        """Return whether an expression's value may be a ciphertext, and refuse what can't be done with one."""

        def of(each: Any) -> Kind:
            return None if each is None else self.kind(each, sources, tables, outer)

        if tree is None or isinstance(
            tree, (exp.Literal, exp.Placeholder, exp.Parameter, exp.Null, exp.Boolean)
        ):
            return None
        if isinstance(tree, exp.Column):
            return _column(tree, (sources, *outer))
        if isinstance(tree, _ALIKE):
            condition = tree.args.get("expression") if isinstance(tree, exp.Filter) else None
            self._clause(condition, sources, tables, outer)
            return of(tree.this)
        if isinstance(tree, exp.Subquery):
            columns = self.query(tree, tables, (sources, *outer))
            return columns[0].kind if columns else None
        if isinstance(tree, (exp.Select, exp.SetOperation)):
            columns = self.query(tree, tables, (sources, *outer))
            return columns[0].kind if columns else None
        if isinstance(tree, exp.Exists):
            self.query(tree.this, tables, (sources, *outer))
            return None
        if isinstance(tree, _EQUALITY):
            return self._compare(tree, of)
        if isinstance(tree, exp.In):
            return self._in(tree, of, sources, tables, outer)
        if isinstance(tree, exp.Window):
            self._window(tree, sources, tables, outer)
            return of(tree.this)
        if isinstance(tree, _OF_WINDOW):
            return _one_of((of(tree.this), of(tree.args.get("default"))))
        if isinstance(tree, exp.Coalesce):
            return _one_of(map(of, (tree.this, *tree.expressions)))
        if isinstance(tree, exp.If):
            self.refuse(of(tree.this), "as a condition")
            return _one_of((of(tree.args.get("true")), of(tree.args.get("false"))))
        if isinstance(tree, exp.Case):
            return self._case(tree, of)
        if isinstance(tree, exp.Count):
            if isinstance(tree.this, exp.Distinct):
                for each in tree.this.expressions:
                    self._equal(of(each), "with count(DISTINCT)")
            elif not isinstance(tree.this, exp.Star):
                of(tree.this)
            return None
        if isinstance(tree, exp.Anonymous) and tree.name.lower() in (
            SEAL,
            SOUGHT,
        ):  # a trigger's, from a dump
            for each in tree.expressions:
                of(each)
            return self._sealed_for(tree.expressions[0])
        if isinstance(tree, exp.Anonymous) and tree.name.lower() == DECRYPT:
            for each in tree.expressions:
                of(each)
            return None
        if isinstance(tree, exp.Anonymous) and tree.name.lower() == "quote" and len(tree.expressions) == 1:
            (only,) = tree.expressions
            kind = of(only)
            if kind is not None and isinstance(only, exp.Column):
                self.quoted.append(_place(only, kind.column))
            else:
                self.refuse(kind, "in an expression")
            return None
        for each in tree.iter_expressions():
            self.refuse(of(each), _where(tree))
        return None

    def _sealed_for(self, column_id: Any) -> Kind:
        found = self._relations.by_id.get(bytes.fromhex(column_id.name))
        return Cipher(found[0]) if found is not None else None

    def _case(self, tree: Any, of: Any) -> Kind:
        if tree.this is not None:
            self.refuse(of(tree.this), "in CASE ... WHEN")
        results = [of(tree.args.get("default"))]
        for each in tree.args["ifs"]:
            self.refuse(of(each.this), "as a condition")
            results.append(of(each.args.get("true")))
        return _one_of(results)

    def _compare(self, tree: Any, of: Any) -> Kind:
        left, right = tree.this, tree.expression
        one, two = of(left), of(right)
        if one is None and two is None:
            return None
        if isinstance(right, exp.Null) or isinstance(left, exp.Null):
            return None
        if one is not None and two is not None:
            self._equal(_one_of((one, two), mixed_is_pure=False), "in a comparison with another column")
            return None
        kind, column, other = (one, left, right) if one is not None else (two, right, left)
        assert kind is not None  # noqa: S101 - one of them is
        self._with_value(kind, column, other)
        return None

    def _with_value(self, kind: Cipher, column: Any, other: Any) -> None:
        """Note a comparison with a value, which is to be sealed for it."""
        if not kind.column.deterministic or not kind.pure or not isinstance(column, exp.Column):
            self.refuse(kind, "in a comparison")
        if any(isinstance(each, exp.Column) for each in other.find_all(exp.Column)):
            self.refuse(kind, "in a comparison with a column that is not encrypted")
        self.comparisons.append(_place(column, kind.column))

    def _in(self, tree: Any, of: Any, sources: Sequence[Source], tables: Tables, outer: Scope) -> Kind:
        kind = of(tree.this)
        query = tree.args.get("query")
        if query is not None:
            found = self.query(query, tables, (sources, *outer))
            if kind is not None or any(column.kind for column in found):
                self._equal(
                    _one_of((kind, *(column.kind for column in found)), mixed_is_pure=False), "with IN"
                )
                if kind is None or any(column.kind is None for column in found):
                    self.refuse(kind or found[0].kind, "in a comparison with a column that is not encrypted")
            return None
        for each in tree.expressions:
            self.refuse(of(each), "in a list")
        if kind is not None:
            self._with_value(
                kind, tree.this, exp.Tuple(expressions=[each.copy() for each in tree.expressions])
            )
        return None

    def _window(self, tree: Any, sources: Sequence[Source], tables: Tables, outer: Scope) -> None:
        for each in tree.args.get("partition_by") or ():
            self._equal(self.kind(each, sources, tables, outer), "with PARTITION BY")
        self._order(tree, sources, tables, outer, [])

    def _equal(self, kind: Kind, what: str) -> None:
        """Refuse a ciphertext where equal values must be equal bytes, unless they are."""
        if kind is not None and not (kind.column.deterministic and kind.pure):
            self.refuse(kind, what)


def refuse_leak(kind: Kind, target: Kind, what: str) -> None:
    """Refuse to store a ciphertext where nothing says that it is one."""
    if kind is not None and target is None:
        raise sqlite3.NotSupportedError(
            f"{what} would get values of the encrypted column {kind.column} and is not ENCRYPTED itself: declare it "
            f"so, or store the value in the clear with {DECRYPT}({kind.column.name})"
        )


def for_parser(sql: str) -> str:
    """Return the text in words that sqlglot knows, each at its place: ``?`` for ``?1``, INSERT for REPLACE."""
    from heliosdb_sqlite.sql.lexer import Kind as TokenKind
    from heliosdb_sqlite.sql.lexer import tokenize

    tokens = tokenize(sql)
    text = sql
    before = ""
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.kind is TokenKind.PARAMETER:
            text = text[: token.start] + "?".ljust(token.end - token.start) + text[token.end :]
        elif (
            token.word == "REPLACE" and following is not None and following.word == "INTO" and before != "OR"
        ):
            text = text[: token.start] + "INSERT " + text[token.end :]
        before = token.word
    return text


def _column(tree: Any, scopes: Scope) -> Kind:
    name = _folded(tree.name)
    for sources in scopes:
        for source in _matching(sources, tree) if tree.table else sources:
            for column in source.columns:
                if column.name == name:
                    return column.kind
    return None  # a rowid, or a string in double quotes


def _matching(sources: Sequence[Source], tree: Any) -> Iterator[Source]:
    """Yield the sources that the table of ``table.column`` means."""
    table, schema = _folded(tree.table), _folded(tree.db)
    for source in sources:
        if source.name == table and (not schema or source.schema in ("", schema)):
            yield source


def _one_of(kinds: Any, *, mixed_is_pure: bool = True) -> Kind:
    """Return what a value is that is one of several; a value in the clear among them leaves no single column."""
    found = list(kinds)
    ciphers = [each for each in found if each is not None]
    if not ciphers:
        return None
    alike = all(each == ciphers[0] for each in ciphers) and len(ciphers) == len(found)
    return ciphers[0] if alike else Cipher(ciphers[0].column, pure=False)


def _place(tree: Any, column: EncryptedColumn) -> Comparison:
    meta = tree.this.meta
    return Comparison(meta.get("start", -1), meta.get("end", -2) + 1, column)


def _where(tree: Any) -> str:
    return {
        "like": "with LIKE", "glob": "with GLOB", "between": "with BETWEEN", "max": "with max()", "min": "with min()",
        **dict.fromkeys(("lt", "lte", "gt", "gte"), "in a comparison of order"),
    }.get(tree.key, "in an expression")  # fmt: skip


def _named(columns: Sequence[Column], names: Sequence[str]) -> Sequence[Column]:
    """Return the columns under the names that ``WITH t(a, b)`` gives them."""
    if not names:
        return columns
    return [Column(name, column.kind) for name, column in zip(names, columns, strict=False)]


def _folded(name: str) -> str:
    return name.translate(_LOWER)
