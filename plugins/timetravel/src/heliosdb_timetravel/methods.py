"""Methods of connections with time travel: history, restore, tag, purge_history, recorded_as."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .history_importlib_bootstrap import history
from .purging import purge_history
from .restoring import restore
from .session import of
from .tagging import tag


@contextmanager
def recorded_as(connection: Any, user: str | None) -> Iterator[None]:
    """Have what is committed inside the ``with`` block recorded as the work of ``user``.

    :param user: what ``system_user`` will say; None for nobody in particular
    """
    travel = of(connection, "recorded_as()")
    before, travel.user = travel.user, user
    try:
        yield
    finally:
        travel.user = before


METHODS: Mapping[str, Callable[..., Any]] = {
    "history": history,
    "restore": restore,
    "tag": tag,
    "purge_history": purge_history,
    "recorded_as": recorded_as,
}
