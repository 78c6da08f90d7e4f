"""Attributes of the standard library's classes, set by whom they have been taken over from."""

from __future__ import annotations

from typing import Any

from ._standard import sqlite3


def set_attribute(attribute: Any, connection: Any, value: Any) -> None:
    """Set what the standard library calls ``attribute``, as an assignment does.

    Python 3.10's ``isolation_level`` returns as if all was well where its commit has failed: an assignment raises the
    error all the same, and a call of ``__set__`` says SystemError.
    """
    try:
        attribute.__set__(connection, value)
    except SystemError as error:
        failure = error.__cause__
        if not isinstance(failure, sqlite3.Error):
            raise
    else:
        return
    raise failure
