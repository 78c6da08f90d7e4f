"""What the tests of aio share."""

from __future__ import annotations

import asyncio
import time
from functools import wraps

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000) SELECT max(i) FROM n"
"""A statement that ends when it is interrupted."""


def in_a_loop(test):
    """Run a test that is a coroutine."""

    @wraps(test)
    def run(*args, **kwargs):
        asyncio.run(test(*args, **kwargs))

    return run


async def until(condition):
    """Wait for something that happens in another thread."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)
