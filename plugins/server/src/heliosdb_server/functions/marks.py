"""How a function is collected and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


def sees_null(function: _F) -> _F:
    """Mark a function that is to be called for NULL too."""
    function.sees_null = True  # type: ignore[attr-defined]
    return function


def volatile(function: _F) -> _F:
    """Mark a function whose value may be another each time."""
    function.volatile = True  # type: ignore[attr-defined]
    return function


def collected(scope: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return the functions of a module that SQL may call."""
    return {name: each for name, each in scope.items() if name.startswith("pg_") and callable(each)}
