"""The types this server knows, by OID and by every name that people write."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ..protocol.errors import PgError


class PgType(NamedTuple):
    """One type as pg_type has it."""

    oid: int
    name: str  # pg_type.typname
    category: (
        str  # B boolean, N number, S string, D moment, T interval, U other, A array, P pseudo, X unknown
    )
    size: int
    array: int  # the OID of the array of these, 0 for none
    title: str  # as format_type() writes it
    element: int = 0  # for an array: the OID of what is in it
    labels: tuple[str, ...] = ()  # of an enumeration, in their order
    item: PgType | None = None  # what is in an array of a type that the database itself defines

    def __repr__(self) -> str:
        return f"<{self.title}>"

    def __deepcopy__(self, _: object) -> PgType:
        return self  # types are told apart by identity, in copies of a statement too


_ROWS = """
16 bool B 1 1000 boolean
17 bytea U -1 1001 bytea
18 char Z 1 1002 "char"
19 name S 64 1003 name
20 int8 N 8 1016 bigint
21 int2 N 2 1005 smallint
23 int4 N 4 1007 integer
24 regproc N 4 1008 regproc
25 text S -1 1009 text
26 oid N 4 1028 oid
28 xid U 4 1011 xid
22 int2vector A -1 1006 int2vector
30 oidvector A -1 1013 oidvector
114 json U -1 199 json
142 xml U -1 143 xml
194 pg_node_tree Z -1 0 pg_node_tree
600 point G 16 1017 point
650 cidr I -1 651 cidr
700 float4 N 4 1021 real
701 float8 N 8 1022 double precision
705 unknown X -2 0 unknown
829 macaddr U 6 1040 macaddr
869 inet I -1 1041 inet
1033 aclitem U 16 1034 aclitem
1042 bpchar S -1 1014 character
1043 varchar S -1 1015 character varying
1082 date D 4 1182 date
1083 time D 8 1183 time without time zone
1114 timestamp D 8 1115 timestamp without time zone
1184 timestamptz D 8 1185 timestamp with time zone
1186 interval T 16 1187 interval
1266 timetz D 12 1270 time with time zone
1560 bit V -1 1561 bit
1562 varbit V -1 1563 bit varying
1700 numeric N -1 1231 numeric
2202 regprocedure N 4 2207 regprocedure
2205 regclass N 4 2210 regclass
2206 regtype N 4 2211 regtype
2249 record P -1 2287 record
2276 any P 4 0 "any"
2277 anyarray P -1 0 anyarray
2278 void P 4 0 void
2283 anyelement P 4 0 anyelement
2950 uuid U 16 2951 uuid
3802 jsonb U -1 3807 jsonb
4089 regnamespace N 4 4090 regnamespace
4096 regrole N 4 4097 regrole
16388 vector U -1 16389 vector
""".strip()


def _types() -> dict[int, PgType]:
    found: dict[int, PgType] = {}
    for line in _ROWS.splitlines():
        oid, name, category, size, array, title = line.split(" ", 5)
        kind = PgType(int(oid), name, category, int(size), int(array), title)
        if name in ("int2vector", "oidvector"):
            kind = kind._replace(element=21 if name == "int2vector" else 26)
        found[kind.oid] = kind
        if kind.array:
            found[kind.array] = PgType(kind.array, f"_{name}", "A", -1, 0, f"{title}[]", kind.oid)
    return found


BY_OID = _types()
BY_NAME = {kind.name: kind for kind in BY_OID.values()}

BOOL, BYTEA, CHAR, NAME = BY_NAME["bool"], BY_NAME["bytea"], BY_NAME["char"], BY_NAME["name"]
INT2, INT4, INT8, OID = BY_NAME["int2"], BY_NAME["int4"], BY_NAME["int8"], BY_NAME["oid"]
TEXT, VARCHAR, BPCHAR, UNKNOWN = BY_NAME["text"], BY_NAME["varchar"], BY_NAME["bpchar"], BY_NAME["unknown"]
FLOAT4, FLOAT8, NUMERIC = BY_NAME["float4"], BY_NAME["float8"], BY_NAME["numeric"]
DATE, TIME, TIMESTAMP, TIMESTAMPTZ = (BY_NAME[n] for n in ("date", "time", "timestamp", "timestamptz"))
TIMETZ = BY_NAME["timetz"]
INTERVAL, UUID, JSON, JSONB = BY_NAME["interval"], BY_NAME["uuid"], BY_NAME["json"], BY_NAME["jsonb"]
INET, CIDR, MACADDR = BY_NAME["inet"], BY_NAME["cidr"], BY_NAME["macaddr"]
NETWORKS = frozenset((INET, CIDR))
VECTOR, VOID, RECORD, REGCLASS = BY_NAME["vector"], BY_NAME["void"], BY_NAME["record"], BY_NAME["regclass"]
REG = frozenset(
    BY_NAME[n] for n in ("regclass", "regtype", "regproc", "regprocedure", "regnamespace", "regrole")
)
REG_MARK = "\x1f"  # between the OID and the name that a value of these types is sent as
INTEGERS = frozenset((INT2, INT4, INT8, OID))
MOMENTS = frozenset((DATE, TIMESTAMP, TIMESTAMPTZ))
STRINGS = frozenset((TEXT, VARCHAR, BPCHAR, NAME, CHAR, UNKNOWN))

_ALIASES = {
    "boolean": BOOL, "integer": INT4, "int": INT4, "smallint": INT2, "bigint": INT8, "real": FLOAT4,
    "double precision": FLOAT8, "decimal": NUMERIC, "dec": NUMERIC, "character varying": VARCHAR,
    "character": BPCHAR, "char": BPCHAR, '"char"': CHAR, "timestamp without time zone": TIMESTAMP,
    "timestamp with time zone": TIMESTAMPTZ, "time without time zone": TIME, "time with time zone": TIMETZ,
    "serial": INT4, "serial4": INT4, "bigserial": INT8, "serial8": INT8, "smallserial": INT2, "serial2": INT2,
    "citext": TEXT, "string": TEXT,
}  # fmt: skip
SERIALS = frozenset(("serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"))


def item_of(kind: PgType | None) -> PgType | None:
    """Return the type of what is in an array; None for what is no array."""
    if kind is None or not kind.element:
        return None
    return kind.item if kind.item is not None else BY_OID.get(kind.element)


def array_of(kind: PgType | None) -> PgType | None:
    """Return the type of an array of these; None where there is none."""
    if kind is None:
        return None
    return array_of_labels(kind) if kind.category == "E" else BY_OID.get(kind.array)


FIRST_ENUMERATION = (
    1 << 29
)  # OIDs of what databases define: an enumeration's is even, and its array's follows it


@lru_cache(maxsize=4096)
def enumeration(oid: int, name: str, title: str, labels: tuple[str, ...]) -> PgType:
    """Return the type of an enumeration, one and the same for the same labels; its array has the next OID."""
    return PgType(oid, name, "E", 4, oid + 1, title, labels=labels)


@lru_cache(maxsize=4096)
def array_of_labels(kind: PgType) -> PgType:
    """Return the type of an array of an enumeration's labels."""
    return PgType(kind.array, f"_{kind.name}", "A", -1, 0, f"{kind.title}[]", kind.oid, item=kind)


def enumerated(kind: PgType | None) -> PgType | None:
    """Return the enumeration that a type is, or is an array of; None for any other type."""
    if kind is None:
        return None
    kind = kind.item if kind.item is not None else kind
    return kind if kind.category == "E" else None


def working_name(kind: PgType | None) -> str:
    """Return the name of a type as the functions of this server get it: labels are text to them."""
    if kind is None:
        return ""
    return kind.name if enumerated(kind) is None else "_text" if kind.element else "text"


class Sized(NamedTuple):
    """A type with its modifier: 14 for varchar(10), -1 for none."""

    type: PgType
    modifier: int = -1


def by_name(name: str) -> PgType | None:
    """Return the type of this name, as PostgreSQL's SQL writes it: ``double precision``, ``int4``, ``text[]``.

    >>> by_name("timestamp with time zone").name
    'timestamptz'
    """
    name = " ".join(name.lower().split())
    if name.endswith("[]"):
        inner = by_name(name[: name.index("[")])
        return BY_OID.get(inner.array) if inner is not None else None
    if name.startswith("_"):
        return BY_NAME.get(name)
    return _ALIASES.get(name) or BY_NAME.get(name)


def modifier(kind: PgType, arguments: tuple[int, ...]) -> int:
    """Return what pg_attribute.atttypmod has for a type written with these arguments."""
    base = item_of(kind) or kind
    if not arguments:
        return 5 if base is BPCHAR else -1
    if base in (VARCHAR, BPCHAR):
        return arguments[0] + 4
    if base is NUMERIC:
        return (arguments[0] << 16 | (arguments[1] if len(arguments) > 1 else 0)) + 4
    return arguments[0]


def title(kind: PgType, modifier: int = -1) -> str:
    """Return the type's name with its modifier, as format_type() does.

    >>> title(NUMERIC, modifier(NUMERIC, (10, 2)))
    'numeric(10,2)'
    """
    if kind.category == "A" and kind.element and kind.name.startswith("_"):
        return title(item_of(kind) or kind, modifier) + "[]"
    if kind is BPCHAR and modifier == -1:
        return "bpchar"
    if modifier == -1:
        return kind.title
    if kind in (VARCHAR, BPCHAR):
        return f"{kind.title}({modifier - 4})"
    if kind is NUMERIC:
        return f"numeric({modifier - 4 >> 16},{modifier - 4 & 0xFFFF})"
    if kind in (TIMESTAMP, TIMESTAMPTZ, TIME, TIMETZ):
        first, _, rest = kind.title.partition(" ")
        return f"{first}({modifier}) {rest}"
    if kind is VECTOR:
        return f"vector({modifier})"
    return kind.title


# ---- SQLite's declared types ----

_DECLARED = {
    # SQLite's own integers and reals have eight bytes, whatever the word; int4 and its like are written by this server.
    "integer": INT8, "int": INT8, "mediumint": INT8, "tinyint": INT8, "unsigned big int": INT8, "real": FLOAT8,
    "float": FLOAT8, "double": FLOAT8, "number": NUMERIC, "datetime": TIMESTAMP, "blob": BYTEA, "clob": TEXT,
    "inet text": INET, "cidr text": CIDR, "macaddr text": MACADDR, "json text": JSON, "jsonb text": JSONB, "nvarchar": VARCHAR, "nchar": BPCHAR, "native character": BPCHAR,
    "varying character": VARCHAR, "halfvec": VECTOR, "boolean": BOOL, "binary": BYTEA, "varbinary": BYTEA,
}  # fmt: skip
_SHAPE = re.compile(
    r"([^(\[]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?\)\s*([^(\[]*?))?\s*((?:\[\d*\])*)", re.DOTALL
)


def declared(text: str) -> Sized | None:
    """Return the type of a column that SQLite knows as declared so; None where the word means none.

    >>> declared("VARCHAR(10)"), declared("INT4[]")
    (Sized(type=<character varying>, modifier=14), Sized(type=<integer[]>, modifier=-1))
    """
    match = _SHAPE.fullmatch(text.strip().lower())
    if match is None or not match[1]:
        return None
    words = " ".join(f"{match[1]} {match[4] or ''}".split())
    words = words.removesuffix(" encrypted")
    kind = _DECLARED.get(words) or by_name(words)
    if kind is None:
        kind = _by_affinity(words)
    if kind is None or kind.category in "PX":
        return None
    arguments = tuple(int(each) for each in (match[2], match[3]) if each is not None)
    if match[5]:
        kind = array_of(kind)
        if kind is None:
            return None
    base = item_of(kind) or kind
    sized = base in (VARCHAR, BPCHAR, NUMERIC, VECTOR, TIMESTAMP, TIMESTAMPTZ, TIME)
    return Sized(kind, modifier(kind, arguments) if sized and arguments else -1)


def _by_affinity(words: str) -> PgType | None:
    """Return the type by SQLite's rules for declared types; None where values of any kind are as good as others."""
    for part, kind in (("int", INT8), ("char", TEXT), ("clob", TEXT), ("text", TEXT), ("blob", BYTEA)):
        if part in words:
            return kind
    if any(part in words for part in ("real", "floa", "doub")):
        return FLOAT8
    return None


_STORED = {
    INT2: "INT2", INT4: "INT4", INT8: "BIGINT", OID: "OID", BOOL: "BOOLEAN", TEXT: "TEXT", VARCHAR: "VARCHAR",
    BPCHAR: "CHARACTER", FLOAT4: "FLOAT4", FLOAT8: "DOUBLE PRECISION", NUMERIC: "NUMERIC", DATE: "DATE",
    TIME: "TIME", TIMETZ: "TIMETZ", TIMESTAMP: "TIMESTAMP", TIMESTAMPTZ: "TIMESTAMPTZ", INTERVAL: "INTERVAL",
    UUID: "UUID", INET: "INET TEXT", CIDR: "CIDR TEXT", MACADDR: "MACADDR TEXT", JSON: "JSON TEXT", JSONB: "JSONB TEXT", BYTEA: "BYTEA", VECTOR: "VECTOR", NAME: "NAME TEXT",
}  # fmt: skip


def stored(sized: Sized) -> str:
    """Return the words by which a column of this type is declared to SQLite, so that :func:`declared` finds it again."""
    kind = sized.type
    base = item_of(kind) or kind
    words = "TEXT" if base.category == "E" else _STORED.get(base) or base.name.upper()
    if sized.modifier != -1:
        if base is INTERVAL:
            raise PgError("0A000", "a column of intervals has no fields and no precision of its own here")
        if base in (VARCHAR, BPCHAR):
            words += f"({sized.modifier - 4})"
        elif base is NUMERIC:
            words += f"({sized.modifier - 4 >> 16}, {sized.modifier - 4 & 0xFFFF})"
        elif base in (VECTOR, TIMESTAMP, TIMESTAMPTZ, TIME):
            words += f"({sized.modifier})"
    return f'"{words}[]"' if kind.category == "A" else words
