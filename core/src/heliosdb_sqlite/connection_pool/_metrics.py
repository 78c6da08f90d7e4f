"""What a pool can tell about itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PoolMetrics:
    """How a pool is doing: the first six as of now, the others since it was made."""

    pool_size: int
    max_overflow: int
    """-1: any number."""
    idle: int
    """Connections that are open and free."""
    in_use: int
    """Connections that are out, those being opened included."""
    overflow: int
    """Connections there are beyond ``pool_size``."""
    waiting: int
    """Threads or tasks that wait for a connection."""
    checkouts: int
    """How often a connection was handed out."""
    waits: int
    """How often somebody had to wait for one."""
    wait_seconds: float
    """How long they waited, all together."""
    longest_wait_seconds: float
    timeouts: int
    """How often nothing came free in time."""
    most_in_use: int
    opened: int
    """Connections opened, the replacing ones included."""
    recycled: int
    """Connections closed because they were older than ``recycle``."""
    failed: int
    """Connections replaced because they did not pass the ping, were closed by who had them, or could not be reset."""
    lost: int
    """Connections that were never brought back: nobody refers to them any more."""
