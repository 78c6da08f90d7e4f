"""A blob whose methods are awaited."""

from __future__ import annotations

import asyncio
import os
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._connection import Connection


class Blob:
    """A BLOB that is read and written in place; ``len()`` is its size. From Python 3.11."""

    def __init__(self, conn: Connection, blob: Any, size: int) -> None:
        self._conn = conn
        self._blob = blob
        self._size = size

    def __len__(self) -> int:
        return self._size

    async def read(self, length: int = -1) -> bytes:
        """Return the next bytes; all that are left where no number is given."""
        data: bytes = await self._conn._ask(self._blob.read, length)
        return data

    async def write(self, data: bytes) -> None:
        """Write over what is there. A blob does not grow."""
        await self._conn._ask(self._blob.write, data)

    async def seek(self, offset: int, origin: int = os.SEEK_SET) -> None:
        """Go on reading or writing elsewhere."""
        await self._conn._ask(self._blob.seek, offset, origin)

    async def tell(self) -> int:
        """Return the place where reading or writing goes on."""
        place: int = await self._conn._ask(self._blob.tell)
        return place

    async def close(self) -> None:
        """Close the blob. Until then it holds a transaction."""
        await asyncio.shield(self._conn._ask(self._blob.close))

    async def __aenter__(self) -> Blob:  # noqa: PYI034 - typing has no Self before 3.11
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
