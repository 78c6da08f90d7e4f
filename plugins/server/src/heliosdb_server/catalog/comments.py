"""What COMMENT ON has kept, as rows of pg_description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..translation.comments import TABLE, VERSION

if TYPE_CHECKING:
    from ..session.session import Session

_PG_CLASS = 1259


def rows(session: Session) -> list[dict[str, Any]] | None:
    """Return the comments on what there is; None where there are none that can be read."""
    reading = session.engine.schema
    if reading.comments_format() != VERSION:
        return None
    made = []
    for relation, member, text in session.engine.rows(f"SELECT relation, member, comment FROM main.{TABLE}"):
        found = reading.object(relation, "main")
        if found is None:
            continue
        number = 0
        if member:
            columns = reading.info(found).columns if found.kind in ("table", "view") else ()
            number = next((c.source[1] for c in columns if c.name.lower() == member), 0)
            if not number:
                continue
        made.append({"objoid": found.oid, "classoid": _PG_CLASS, "objsubid": number, "description": text})
    return made
