"""What running a statement takes and its text decides: worked out once for each translation, and kept with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

from ..protocol.errors import PgError
from ..protocol.replies import Field, row_description, spread
from ..translation.scope import Column
from ..translation.translate import Translated
from ..types import numbers, reading
from ..types.registry import BPCHAR, INTEGERS, TEXT, VARCHAR, Sized
from ..types.rows import Encoder, encoder

_KEPT = 8  # combinations of formats: a client has one or two, and must not make this grow
_CATALOG = ("pg_catalog", "information_schema", "pg_reg", "pg_get_", "pg_format_type", "_description(",
            "pg_to_reg", "pg_relation_")  # fmt: skip
_NESTED = (
    "fail",
    "pg_nextval",
    "pg_setval",
    "pg_missing_key",
)  # may leave a half, or run statements of their own
Reader = Callable[[bytes], Any]


class Shape(NamedTuple):
    """A result in the formats that a client wants it in."""

    description: bytes
    """RowDescription."""
    encode: Encoder


class Plan:
    """How one translation is run."""

    __slots__ = (
        "_literals",
        "_readers",
        "_shapes",
        "by_itself",
        "catalog",
        "checked_later",
        "columns",
        "light",
        "order",
        "parameters",
        "zone",
    )

    def __init__(self, made: Translated, zone: tzinfo) -> None:
        self.zone = zone
        self.columns = made.columns
        self.parameters = made.parameters
        self.catalog = any(mark in sql for sql in made.sql if isinstance(sql, str) for mark in _CATALOG)
        self.order: tuple[int, ...] | None = made.orders[-1] if made.orders else None
        if self.order == tuple(range(len(made.parameters))):
            self.order = None  # as they are
        self.light = (
            made.kind == "query"
            and not (made.writes or made.steps or made.guess or made.unheeded or self.catalog)
            and made.columns is not None
            and all(column.sized is not None for column in made.columns)
        )
        """A query whose columns are known, of nothing but the file: it runs first, and then SQLite is asked whether the
        schema is still the one it was translated for."""
        self.by_itself = (
            made.kind == "change"
            and made.tag in ("INSERT", "UPDATE", "DELETE")
            and len(made.sql) == 1
            and isinstance(made.sql[0], str)
            and not (made.steps or made.columns is not None or made.guess or made.trusted or self.catalog)
            and not any(mark in made.sql[0].lower() for mark in _NESTED)
        )
        """A change of rows that returns none, and is one statement to SQLite: no transaction needs to stand around it.
        """
        self.checked_later = self.light or made.kind == "change"
        """The schema is looked at when the statement runs, not when its parameters come."""
        self._shapes: dict[tuple[int, ...], Shape] = {}
        self._readers: dict[tuple[int, ...], list[Reader]] = {}
        self._literals: dict[tuple[int, ...], list[Callable[[str], Any]]] = {}

    def shape(self, formats: tuple[int, ...]) -> Shape:
        """Return the result's shape in these formats."""
        found = self._shapes.get(formats)
        if found is None:
            columns = self.columns or ()
            found = Shape(row_description(fields(columns), formats), row_encoder(columns, formats, self.zone))
            if len(self._shapes) >= _KEPT:
                self._shapes.clear()
            self._shapes[formats] = found
        return found

    def values(self, formats: tuple[int, ...], values: tuple[bytes | None, ...]) -> tuple[Any, ...]:
        """Return a client's parameters as SQLite's values.

        :raises PgError: one is none of its type, or there are too many or too few
        """
        if len(values) != len(self.parameters):
            raise PgError(
                "08P01",
                f"bind message supplies {len(values)} parameters, but the statement requires {len(self.parameters)}",
            )
        readers = self._readers.get(formats)
        if readers is None:
            codes = spread(formats, len(values))
            readers = [
                reader(sized, code, self.zone) for sized, code in zip(self.parameters, codes, strict=True)
            ]
            if len(self._readers) >= _KEPT:
                self._readers.clear()
            self._readers[formats] = readers
        return tuple(
            [None if value is None else read(value) for read, value in zip(readers, values, strict=True)]
        )

    def literals(self, types: tuple[int, ...], texts: tuple[str, ...]) -> tuple[Any, ...]:
        """Return literals that were taken out of a text as SQLite's values.

        :param types: their types' numbers; 0 for what stood between quotes and is of the parameter's type
        :raises PgError: one is none of its type, or too long: those go the long way
        """
        readers = self._literals.get(types)
        if readers is None:
            readers = [
                _literal_reader(sized, self.zone) if oid == 0 else int
                for sized, oid in zip(self.parameters, types, strict=True)
            ]
            if len(self._literals) >= _KEPT:
                self._literals.clear()
            self._literals[types] = readers
        return tuple([read(text) for read, text in zip(readers, texts, strict=True)])


def plan_of(made: Translated, zone: tzinfo) -> Plan:
    """Return how the translation is run."""
    plan = made.plan
    if plan is None:
        plan = made.plan = Plan(made, zone)
    found: Plan = plan
    return found


# ---- columns ----


def fields(columns: tuple[Column, ...]) -> list[Field]:
    """Return columns as RowDescription tells them."""
    made = []
    for column in columns:
        kind, modifier = column.sized or Sized(TEXT)
        made.append(Field(column.name, kind.oid, kind.size, modifier, *column.source))
    return made


def row_encoder(columns: tuple[Column, ...], formats: tuple[int, ...], zone: Any) -> Encoder:
    """Return what makes rows DataRow messages."""
    return encoder(tuple(column.written for column in columns), tuple(spread(formats, len(columns))), zone)


# ---- parameters ----


def reader(sized: Sized, code: int, zone: tzinfo) -> Reader:
    """Return what reads a parameter of this type.

    :param code: 0 text, 1 binary
    :raises PgError: in the function: it is none
    """
    if code == 1:
        read = reading.binary_in(*sized)
    elif code == 0:
        read = _text_reader(sized, zone)
    else:
        raise PgError("22023", f"unsupported format code: {code}")
    return _limited(read, sized) if sized.modifier > 4 and sized.type in (VARCHAR, BPCHAR) else read


def _text_reader(sized: Sized, zone: tzinfo) -> Reader:
    from_text = reading.text_in(*sized, zone)
    if from_text is str:
        return _text

    def read(data: bytes) -> Any:
        return from_text(_text(data))

    if sized.type not in INTEGERS:
        return read
    high = numbers.RANGES[sized.type][1]

    def digits(data: bytes) -> Any:
        if data.isdigit() and len(data) < 20:
            value = int(data)
            if value <= high:
                return value
        return read(data)

    return digits


def _literal_reader(sized: Sized, zone: tzinfo) -> Callable[[str], Any]:
    read = reading.text_in(*sized, zone)
    limit = sized.modifier - 4 if sized.type in (VARCHAR, BPCHAR) else 0
    if limit <= 0:
        return read

    def run(text: str) -> Any:
        if len(text) > limit:
            raise PgError("22001", f"value too long for type {sized.type.title}({limit})")
        return read(text)

    return run


def _limited(read: Reader, sized: Sized) -> Reader:
    limit = sized.modifier - 4

    def run(data: bytes) -> Any:
        item = read(data)
        if not isinstance(item, str):
            return item
        if len(item) > limit and item[limit:].strip(" "):
            raise PgError("22001", f"value too long for type {sized.type.title}({limit})")
        return item[:limit]

    return run


def _text(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        bad = value[error.start : error.start + 1].hex()
        raise PgError("22021", f'invalid byte sequence for encoding "UTF8": 0x{bad}') from None
    if "\0" in text:
        raise PgError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return text


def ordered(values: Sequence[Any], order: tuple[int, ...]) -> Sequence[Any]:
    """Return the values that a text takes, in its order."""
    return [values[place] for place in order]
