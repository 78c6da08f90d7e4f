"""GREATEST and LEAST: the value that sorts behind, or before, all others."""

from __future__ import annotations

from typing import Any

from .arrays import pg_array_order
from .documents import pg_jsonb_order
from .marks import collected, sees_null

_ORDERS = {"array": pg_array_order, "jsonb": pg_jsonb_order}


@sees_null
def pg_greatest(*values: Any) -> Any:
    there = [value for value in values if value is not None]
    return max(there) if there else None


@sees_null
def pg_least(*values: Any) -> Any:
    there = [value for value in values if value is not None]
    return min(there) if there else None


@sees_null
def pg_greatest_of(kind: str, *values: Any) -> Any:
    there = [value for value in values if value is not None]
    return max(there, key=_ORDERS[kind]) if there else None


@sees_null
def pg_least_of(kind: str, *values: Any) -> Any:
    there = [value for value in values if value is not None]
    return min(there, key=_ORDERS[kind]) if there else None


FUNCTIONS = {name: each for name, each in collected(globals()).items() if not name.endswith("_order")}
