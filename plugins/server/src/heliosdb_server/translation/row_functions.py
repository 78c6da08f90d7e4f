"""Functions in FROM: those that return rows, and those of one value."""
# ruff: noqa: E501 - a row of a table is one line
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..protocol.errors import PgError
from ..types.registry import (
    BY_NAME,
    BY_OID,
    DATE,
    INT2,
    INT4,
    INT8,
    INTEGERS,
    INTERVAL,
    JSON,
    MOMENTS,
    NUMERIC,
    STRINGS,
    TEXT,
    TIMESTAMPTZ,
    Sized,
    item_of,
)  # fmt: skip
from . import tree
from .calls import Calls
from .literals import S_INT4, S_INT8, S_TEXT
from .scope import Column, Ex, Relation, Scope

# Functions that return rows: columns by name and type; each is made of json_each() over an array that a function
# returns, and is "value", "key", or an item of the value when that is an array itself.
_ROWS: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "json_array_elements": ("pg_json_items_raw", (("value", "json", "value"),)),
    "jsonb_array_elements": ("pg_json_items", (("value", "jsonb", "value"),)),
    "json_array_elements_text": ("pg_json_texts_raw", (("value", "text", "value"),)),
    "jsonb_array_elements_text": ("pg_json_texts", (("value", "text", "value"),)),
    "json_object_keys": ("pg_json_keys", (("json_object_keys", "text", "value"),)),
    "jsonb_object_keys": ("pg_jsonb_keys", (("jsonb_object_keys", "text", "value"),)),
    "json_each": ("pg_json_pairs_raw", (("key", "text", "0"), ("value", "json", "1"))),
    "jsonb_each": ("pg_json_pairs", (("key", "text", "0"), ("value", "jsonb", "1"))),
    "json_each_text": ("pg_json_pairs_text_raw", (("key", "text", "0"), ("value", "text", "1"))),
    "jsonb_each_text": ("pg_json_pairs_text", (("key", "text", "0"), ("value", "text", "1"))),
    "regexp_split_to_table": ("pg_regexp_split", (("regexp_split_to_table", "text", "value"),)),
    "regexp_matches": ("pg_regexp_matches", (("regexp_matches", "_text", "value"),)),
    "string_to_table": ("pg_string_to_array", (("string_to_table", "text", "value"),)),
    "generate_subscripts": ("pg_subscripts", (("generate_subscripts", "int4", "value"),)),
    "pg_get_keywords": (
        "pg_keywords",
        (("word", "text", "0"), ("catcode", "char", "1"), ("barelabel", "bool", "2"), ("catdesc", "text", "3"),
         ("baredesc", "text", "4")),
    ),
    "pg_options_to_table": ("pg_options_to_table", (("option_name", "text", "0"), ("option_value", "text", "1"))),
    "aclexplode": (
        "pg_no_rows",
        (("grantor", "oid", "0"), ("grantee", "oid", "1"), ("privilege_type", "text", "2"), ("is_grantable", "bool", "3")),
    ),
    "pg_show_all_settings": ("pg_no_rows", (("name", "text", "0"), ("setting", "text", "1"))),
    "pg_timezone_names": (
        "pg_zones",
        (("name", "text", "0"), ("abbrev", "text", "1"), ("utc_offset", "interval", "2"), ("is_dst", "bool", "3")),
    ),
    "pg_lock_status": ("pg_no_rows", (("locktype", "text", "0"),)),
    "pg_available_extensions": ("pg_no_rows", (("name", "name", "0"), ("default_version", "text", "1"), ("comment", "text", "2"))),
    "pg_partition_tree": ("pg_no_rows", (("relid", "regclass", "0"),)),
    "pg_partition_ancestors": ("pg_no_rows", (("relid", "regclass", "0"),)),
    "_pg_expandarray": ("pg_expand", (("x", "int4", "0"), ("n", "int4", "1"))),
    "pg_identify_object": ("pg_no_rows", (("type", "text", "0"), ("identity", "text", "1"))),
    "pg_get_publication_tables": ("pg_no_rows", (("relid", "oid", "0"),)),
    "pg_event_trigger_ddl_commands": ("pg_no_rows", (("classid", "oid", "0"),)),
}  # fmt: skip


_TO_ROWS = frozenset(("json_to_recordset", "jsonb_to_recordset", "json_to_record", "jsonb_to_record"))


SET_RETURNING = _ROWS.keys() | {"unnest", "generate_series"}


_ENDLESS = 10_000_000  # rows that generate_series() makes by json; more are a mistake


_VECTORS = ("int2vector", "oidvector")


class RowFunctions(Calls):
    """Writes functions in FROM."""

    def _table_call(self, node: tree.TableCall, scope: Scope) -> str:
        if len(node.calls) > 1:
            raise PgError("0A000", "ROWS FROM with several functions is not supported", position=node.at + 1)
        call = node.calls[0]
        name = call.name.lower()
        alias = node.alias or name
        if name in _TO_ROWS and node.types:
            return self._to_rows(node, call, name, alias, scope)
        written = self.fresh("rows") if not node.alias else alias
        if name == "pg_zip":
            return self._zipped(call, alias, scope)
        if name not in SET_RETURNING:
            return self._scalar_source(node, call, alias, scope)
        if name == "generate_series":
            text, columns = self._series(call, scope, written)
        elif name == "unnest":
            text, columns = self._unnest(call, scope, written)
        else:
            function, shape = _ROWS[name]
            args = [self.typed(self.ex(arg, scope), S_TEXT, arg.at) for arg in call.args]
            self.functions = True
            text = f"json_each({function}({', '.join([a.text for a in args] + _counting(name, args))}))"
            columns = [Column(c, Sized(BY_NAME[t]), _item(written, place)) for c, t, place in shape]
        if (
            len(columns) == 1
            and not node.columns
            and name != "pg_get_keywords"
            and (node.alias or name == "unnest")
        ):
            columns = [columns[0]._replace(name=node.alias or name)]
        if node.ordinality:
            columns.append(Column("ordinality", S_INT8, f"({quote_identifier(written)}.key + 1)"))
        for at, new in enumerate(node.columns[: len(columns)]):
            columns[at] = columns[at]._replace(name=new)
        scope.relations.append(Relation(alias, tuple(columns), written=written))
        return f"{text} AS {quote_identifier(written)}"

    def _to_rows(self, node: tree.TableCall, call: tree.Call, name: str, alias: str, scope: Scope) -> str:
        """Return json_to_recordset() and its like: rows of the columns that AS names."""
        if len(call.args) != 1:
            raise self._no_function(call, [])
        document = self.typed(self.ex(call.args[0], scope), Sized(JSON), call.at)
        items = document.text if name.endswith("set") else f"json_array(json({document.text}))"
        quoted = quote_identifier(alias)
        columns = []
        self.functions = True
        for column, sized in zip(node.columns, node.types, strict=True):
            member = f"pg_json_get_text({quoted}.value, {quote_text(column)})"
            made = (
                member
                if sized.type in STRINGS and sized.modifier == -1
                else self.cast(Ex(member, S_TEXT), sized, call.at).text
            )
            columns.append(Column(column, sized, made))
        scope.relations.append(Relation(alias, tuple(columns)))
        return f"json_each(pg_json_items({items})) AS {quoted}"

    def _scalar_source(self, node: tree.TableCall, call: tree.Call, alias: str, scope: Scope) -> str:
        """Return a function of one value in FROM: one row."""
        name = node.columns[0] if node.columns else alias
        made = self.ex(call, Scope(outer=scope.outer))
        scope.relations.append(Relation(alias, (Column(name, made.sized),)))
        return f"(SELECT {made.text} AS {quote_identifier(name)}) AS {quote_identifier(alias)}"

    def _zipped(self, call: tree.Call, alias: str, scope: Scope) -> str:
        """Return several functions that return rows side by side, as SELECT has them: the shorter ones end in NULLs."""
        texts, columns = [], []
        for at, inner in enumerate(call.args):
            assert isinstance(inner, tree.Call)
            text, sized = self._items(inner, scope)
            texts.append(text)
            columns.append(
                Column(
                    f"c{at}",
                    sized,
                    self.from_json(
                        f"json_extract({quote_identifier(alias)}.value, '$[{at}]')",
                        sized.type if sized else None,
                    ),
                )
            )
        self.functions = True
        scope.relations.append(Relation(alias, tuple(columns)))
        return f"json_each(pg_zip({', '.join(texts)})) AS {quote_identifier(alias)}"

    def _items(self, call: tree.Call, scope: Scope) -> tuple[str, Sized | None]:
        """Return what a function that returns rows of one column returns, as one array."""
        name = call.name.lower()
        args = [self.typed(self.ex(arg, scope), S_TEXT, arg.at) for arg in call.args]
        if name == "unnest":
            element = item_of(args[0].type)
            return self.flat(args[0]), Sized(element) if element is not None else None
        if name == "generate_series":
            return f"pg_series({', '.join([a.text for a in args] + ['1'] * (3 - len(args)))})", S_INT4
        function, shape = _ROWS[name]
        if len(shape) > 1:
            raise PgError("0A000", f"{name}() beside another function that returns rows is not supported")
        return f"{function}({', '.join([a.text for a in args] + _counting(name, args))})", Sized(
            BY_NAME[shape[0][1]]
        )

    def _series(self, call: tree.Call, scope: Scope, written: str) -> tuple[str, list[Column]]:
        if len(call.args) not in (2, 3):
            raise self._no_function(call, [])
        start, stop = self.pair(call.args[0], call.args[1], scope)
        sized = self.common([start, stop]) or S_INT4
        moments = sized.type in MOMENTS
        step = Ex("1", S_INT4)
        if len(call.args) == 3:
            step = self.ex(call.args[2], scope, Sized(INTERVAL) if moments else None)
            sized = sized if moments else self.common([start, stop, step]) or S_INT4
            step = self.typed(step, sized, call.at)
        elif moments:
            raise self._no_function(call, [start, stop])
        start, stop = self.typed(start, sized, call.at), self.typed(stop, sized, call.at)
        if not moments and sized.type not in (INT2, INT4, INT8, NUMERIC):
            raise self._no_function(call, [start, stop, step][: len(call.args)])
        name = quote_identifier(written)
        if moments:
            kind = TIMESTAMPTZ if sized.type is DATE else sized.type
            self.functions = True
            text = f"json_each(pg_moment_series({start.text}, {stop.text}, {step.text}, '{kind.name}'))"
            return text, [Column("generate_series", Sized(kind), f"{name}.value")]
        plain = all(_is_constant(arg) for arg in call.args)
        if plain and sized.type in INTEGERS:
            inner = self.fresh("series")
            down = step.text.startswith("-")
            compare = ">=" if down else "<="
            if step.text.lstrip("-") == "0":
                raise PgError("22023", "step size cannot equal zero", position=call.at + 1)
            text = (
                f"(WITH RECURSIVE {inner}(value, key) AS (SELECT {start.text}, 0 WHERE {start.text} {compare} {stop.text}"
                f" UNION ALL SELECT value + {step.text}, key + 1 FROM {inner}"
                f" WHERE value + {step.text} {compare} {stop.text}) SELECT value, key FROM {inner})"
            )
        else:
            self.functions = True
            text = f"json_each(pg_series({start.text}, {stop.text}, {step.text}))"
        kind = sized.type if sized.type in (INT4, INT8, NUMERIC) else INT4
        scale, more = start.decimals, step.decimals
        scale = (
            scale if kind is NUMERIC and scale is not None and more is not None and scale >= more else None
        )
        return text, [Column("generate_series", Sized(kind), f"{name}.value", not_null=True, scale=scale)]

    def _unnest(self, call: tree.Call, scope: Scope, written: str) -> tuple[str, list[Column]]:
        if len(call.args) > 1:
            arrays = [
                self.typed(self.ex(arg, scope), Sized(BY_OID[TEXT.array]), call.at) for arg in call.args
            ]
            self.functions = True
            columns = []
            for at, each in enumerate(arrays):
                element = item_of(each.type)
                place = f"json_extract({quote_identifier(written)}.value, '$[{at}]')"
                place = self.from_json(place, element)
                columns.append(Column("unnest", Sized(element) if element is not None else None, place))
            return f"json_each(pg_zip({', '.join(map(self.flat, arrays))}))", columns
        if not call.args:
            raise self._no_function(call, [])
        array = self.typed(self.ex(call.args[0], scope), Sized(BY_OID[TEXT.array]), call.at)
        if array.type is not None and not array.type.element:
            raise self._no_function(call, [array])
        element = item_of(array.type)
        column = Column(
            "unnest",
            Sized(element) if element is not None else None,
            self.from_json(f"{quote_identifier(written)}.value", element),
        )
        return f"json_each({self.flat(array)})", [column]


def _item(alias: str, place: str) -> str:
    name = quote_identifier(alias)
    if place.isdigit():
        return f"json_extract({name}.value, '$[{place}]')"
    return f"{name}.{place}"


def _is_constant(node: tree.Node) -> bool:
    if isinstance(node, tree.Unary):
        return _is_constant(node.operand)
    return isinstance(node, tree.Const) and node.kind == "int"


def _counting(name: str, args: list[Ex]) -> list[str]:
    """Return a further argument: the subscripts of int2vector and oidvector begin with 0."""
    vector = (
        name == "generate_subscripts" and args and args[0].type is not None and args[0].type.name in _VECTORS
    )
    return [*(["1"] if len(args) == 1 else []), "0"] if vector else []
