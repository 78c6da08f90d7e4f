"""What a method returns: to be awaited, or entered with ``async with``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
S = TypeVar("S")


class Result(Coroutine[Any, Any, T], Generic[T]):
    """A coroutine whose result is awaited, or entered and left: a cursor is closed at the end of ``async with``."""

    __slots__ = ("_coroutine", "_value")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, T]:
        return self._coroutine.__await__()

    def send(self, value: Any, /) -> Any:
        """Go on; see the generators' method."""
        return self._coroutine.send(value)

    def throw(self, *exception: Any) -> Any:
        """Raise an exception where the coroutine waits; see the generators' method."""
        return self._coroutine.throw(*exception)

    def close(self) -> None:
        """End the coroutine; see the generators' method."""
        self._coroutine.close()

    async def __aenter__(self) -> T:
        self._value = await self._coroutine
        if hasattr(self._value, "__aenter__"):
            entered: T = await self._value.__aenter__()
            return entered
        return self._value

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        if hasattr(self._value, "__aexit__"):
            return await self._value.__aexit__(kind, error, trace)
        return None


def result(
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Result[T]]:
    """Make a coroutine method return a :class:`Result`."""

    @wraps(method)
    def wrapper(self: S, /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        return Result(method(self, *args, **kwargs))

    return wrapper
