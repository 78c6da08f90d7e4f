"""What COMMENT ON has kept, as rows of pg_description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..translation.comments import TABLE, VERSION, constraint_of

if TYPE_CHECKING:
    from ..session.session import Session

_PG_CLASS, _PG_CONSTRAINT = 1259, 2606


def rows(session: Session) -> list[dict[str, Any]] | None:
    """Return the comments on what there is; None where there are none that can be read."""
    reading = session.engine.schema
    if reading.comments_format() != VERSION:
        return None
    made: list[dict[str, Any]] = []
    for relation, member, text in session.engine.rows(f"SELECT relation, member, comment FROM main.{TABLE}"):
        found = reading.object(relation, "main")
        if found is None:
            continue
        number = 0
        if name := constraint_of(member):
            oids = session.engine.rows(
                "SELECT oid FROM pg_catalog.pg_constraint WHERE conrelid = ? AND lower(conname) = ?",
                (found.oid, name),
            )
            made += [
                {"objoid": oid, "classoid": _PG_CONSTRAINT, "objsubid": 0, "description": text}
                for (oid,) in oids
            ]
            continue
        if member:
            columns = reading.info(found).columns if found.kind in ("table", "view") else ()
            number = next((c.source[1] for c in columns if c.name.lower() == member), 0)
            if not number:
                continue
        made.append({"objoid": found.oid, "classoid": _PG_CLASS, "objsubid": number, "description": text})
    return made
