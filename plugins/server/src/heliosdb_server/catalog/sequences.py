"""What the catalogs say of sequences. ALTER SEQUENCE leaves the schema as it is, so this is read each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..types.registry import BY_NAME, INT4, INT8

if TYPE_CHECKING:
    from ..session.session import Session
    from .reading import Reading

_COLUMNS = "last_value, is_called, start_value, increment_by, min_value, max_value, cycle, data_type"
_BITS = {"int2": 16, "int4": 32, "int8": 64}


def _of_identities(reading: Reading) -> set[str]:
    """Return the names of the sequences that identity columns have."""
    found = set()
    for table in reading.tables():
        info = reading.info(table)
        for column in info.identities:
            found.add(info.sequences.get(column, f"{info.name}_{column}_seq").lower())
    return found


def rows(session: Session) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the rows of pg_sequence, pg_sequences and information_schema.sequences."""
    reading, engine = session.engine.schema, session.engine
    found: list[tuple[int, str, tuple[Any, ...]]] = []
    for each in reading.sequences():
        (row,) = engine.rows(f"SELECT {_COLUMNS} FROM {each.schema}.{quote_identifier(each.name)}")
        found.append((each.oid, each.name, row))
    counts = dict(engine.rows("SELECT name, seq FROM sqlite_sequence")) if reading.serials() else {}
    for name, table in reading.serials().items():
        owner = reading.object(table)
        if owner is None:
            continue
        info = reading.info(owner)
        kind = next(
            (c.sized.type for c in info.columns if c.name == info.rowid and c.sized is not None), INT8
        )
        last = counts.get(table)
        high = 2**31 - 1 if kind is INT4 else 2**15 - 1 if kind.name == "int2" else 2**63 - 1
        found.append((owner.oid + 3, name, (last, last is not None, 1, 1, 1, high, 0, kind.name)))
    inner = _of_identities(reading)
    made: dict[tuple[str, str], list[dict[str, Any]]] = {
        ("pg_catalog", "pg_sequence"): [],
        ("pg_catalog", "pg_sequences"): [],
        ("information_schema", "sequences"): [],
    }
    for oid, name, (last, called, start, step, low, high, cycle, kind_name) in found:
        kind = BY_NAME.get(kind_name, INT8)
        made["pg_catalog", "pg_sequence"].append({
            "seqrelid": oid, "seqtypid": kind.oid, "seqstart": start, "seqincrement": step, "seqmax": high,
            "seqmin": low, "seqcache": 1, "seqcycle": cycle,
        })  # fmt: skip
        made["pg_catalog", "pg_sequences"].append({
            "schemaname": "public", "sequencename": name, "sequenceowner": session.user, "data_type": kind.oid,
            "start_value": start, "min_value": low, "max_value": high, "increment_by": step, "cycle": cycle,
            "cache_size": 1, "last_value": last if called else None,
        })  # fmt: skip
        if name.lower() in inner:  # the standard says nothing of those
            continue
        made["information_schema", "sequences"].append({
            "sequence_catalog": session.database_name, "sequence_schema": "public", "sequence_name": name,
            "data_type": kind.title, "numeric_precision": _BITS.get(kind.name, 64), "numeric_precision_radix": 2,
            "numeric_scale": 0, "start_value": str(start), "minimum_value": str(low), "maximum_value": str(high),
            "increment": str(step), "cycle_option": "YES" if cycle else "NO",
        })  # fmt: skip
    return made
