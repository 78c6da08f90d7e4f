"""Which types become which: by a cast, when they are assigned to a column, or by themselves."""

from __future__ import annotations

from .registry import BY_NAME, STRINGS, PgType, item_of

# Of each type: what it becomes by itself, when it is assigned, and by a cast alone. Any type becomes text when it is
# assigned, and text becomes any by a cast; what stands here is all that there is beside that.
_TEXT = """
int2 : int4 int8 float4 float8 numeric oid : :
int4 : int8 float4 float8 numeric oid : int2 : bool char
int8 : float4 float8 numeric oid : int2 int4 :
float4 : float8 : int2 int4 int8 numeric :
float8 : : int2 int4 int8 float4 numeric :
numeric : float4 float8 : int2 int4 int8 :
bool : : : int4
oid : : int4 int8 :
date : timestamp timestamptz : :
time : interval timetz : :
timestamp : timestamptz : date time :
timestamptz : : date time timestamp timetz :
interval : : time :
timetz : : time :
json : : jsonb :
jsonb : : json : bool numeric int2 int4 int8 float4 float8
uuid : : :
inet : : cidr :
cidr : inet : :
macaddr : : :
bytea : : :
"""


def _table() -> dict[PgType, dict[PgType, int]]:
    found: dict[PgType, dict[PgType, int]] = {}
    for line in _TEXT.strip().splitlines():
        name, *ways = line.split(":")
        found[BY_NAME[name.strip()]] = {
            BY_NAME[each]: level for level, way in enumerate(ways) for each in way.split()
        }
    return found


_WAYS = _table()
BY_ITSELF, ASSIGNED, EXPLICIT, NEVER = range(4)


def way(source: PgType, target: PgType) -> int:
    """Return what it takes for one type to become another: the least of the four ways."""
    if source is target:
        return BY_ITSELF
    if source.element and target.element:
        return way(item_of(source) or source, item_of(target) or target)
    if target in STRINGS:
        return BY_ITSELF if source in STRINGS else ASSIGNED
    if source in STRINGS:
        return EXPLICIT
    if "E" in (source.category, target.category):
        return NEVER
    scalars = (source in _WAYS or bool(source.element)), (target in _WAYS or bool(target.element))
    if not all(scalars):  # types about which this table says nothing
        return BY_ITSELF
    return _WAYS.get(source, {}).get(target, NEVER)
