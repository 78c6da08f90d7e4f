"""A context manager of a plugin's, which is entered and left in the connection's thread."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from ._connection import Connection

T = TypeVar("T")


class Block(Generic[T]):
    """What a method returns that gives a context manager: ``async with db.method()`` is its ``with``."""

    def __init__(self, conn: Connection, block: AbstractContextManager[T]) -> None:
        self._conn = conn
        self._block = block

    async def __aenter__(self) -> T:
        entered: T = await self._conn._given(await self._conn._ask(self._block.__enter__))
        return entered

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        # Whoever is cancelled once more does not wait for it, but it is left.
        return await asyncio.shield(self._conn._ask(self._block.__exit__, kind, error, trace))
