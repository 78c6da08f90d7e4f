"""The connect() keyword of concurrency, and the variable that stands for it."""

from __future__ import annotations

import os
from typing import Literal, cast, get_args

from pydantic import BaseModel, ConfigDict

from ..._standard import sqlite3

VARIABLE = "HELIOSDB_CONCURRENCY"
Mode = Literal["default", "wal", "sqlite"]


class ConcurrencyOptions(BaseModel):
    """How connections to one file share it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrency: Mode = "default"


def wanted(given: Mode | None) -> Mode:
    """Return the keyword's value; that of the variable, where the keyword was not given.

    :raises ProgrammingError: the variable's value is none
    """
    if given is not None:
        return given
    mode = os.environ.get(VARIABLE, "default") or "default"
    if mode not in get_args(Mode):
        raise sqlite3.ProgrammingError(f"{VARIABLE}={mode!r}: it can be one of {', '.join(get_args(Mode))}")
    return cast("Mode", mode)
