"""One time for each transaction: unique, and later than every one before, whatever the computer's clock does."""

from __future__ import annotations

from .names import COMMITS, COMMITTED, OPEN
from .shape import Run

STATE = f"SELECT state FROM {COMMITS} ORDER BY txn DESC LIMIT 1"
"""The state of the latest commit."""
CLOSE = f"""
    UPDATE {COMMITS} SET
        time = max(:wall, 1 + coalesce((SELECT b.time FROM {COMMITS} AS b WHERE b.txn = {COMMITS}.txn - 1), 0)),
        wall = CASE WHEN (SELECT b.time FROM {COMMITS} AS b WHERE b.txn = {COMMITS}.txn - 1) >= :wall THEN :wall END,
        state = {COMMITTED}, who = :who
    WHERE txn = (SELECT max(txn) FROM {COMMITS}) AND state = {OPEN}"""


def close(run: Run, who: str | None, wall: int) -> None:
    """Give the open commit of main, if there is one, its time.

    :param wall: what the clock says, in microseconds since 1970
    """
    run(CLOSE, {"wall": wall, "who": who})
