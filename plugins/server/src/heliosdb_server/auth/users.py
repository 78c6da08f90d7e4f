"""The users of a server: given by the program, or kept beside the database as SCRAM verifiers."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import tempfile
import threading
from collections.abc import Mapping

from .scram import Verifier, nobodys, parsed, verifier

_VERSION = 1


def users_file(database: str) -> str:
    """Return the file that keeps the users of a database: ``app.db-users`` for ``app.db``."""
    return f"{database}-users"


class Users:
    """Names and verifiers. Passwords are forgotten as soon as their verifier is made."""

    def __init__(self, path: str | None = None, given: Mapping[str, str] | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._secret = secrets.token_bytes(32)
        self._given = {name: _verifier(name, password) for name, password in (given or {}).items()}
        self._kept = _load(path) if path is not None else {}

    def __repr__(self) -> str:
        return f"Users({sorted(self.names())!r})"

    def names(self) -> set[str]:
        """Return everybody's name."""
        with self._lock:
            return {*self._given, *self._kept}

    def find(self, name: str) -> tuple[Verifier, bool]:
        """Return a user's verifier, and True; or one that no password fits, and False."""
        with self._lock:
            found = self._given.get(name) or self._kept.get(name)
        return (found, True) if found is not None else (nobodys(name, self._secret), False)

    def add(self, name: str, password: str, *, keep: bool = True) -> None:
        """Add a user, or change the password of one.

        :param keep: write it to the file, for the next start
        """
        made = _verifier(name, password)
        with self._lock:
            self._given.pop(name, None)
            self._kept[name] = made
            if keep and self.path is not None:
                _save(self.path, self._kept)

    def remove(self, name: str) -> None:
        """Remove a user.

        :raises ProgrammingError: there is none of that name
        """
        with self._lock:
            if name not in self._given and name not in self._kept:
                raise sqlite3.ProgrammingError(f"there is no user {name!r}")
            self._given.pop(name, None)
            if self._kept.pop(name, None) is not None and self.path is not None:
                _save(self.path, self._kept)


def _verifier(name: str, password: str) -> Verifier:
    if not name or "\0" in name:
        raise sqlite3.ProgrammingError(f"a user needs a name without NUL characters, not {name!r}")
    if password.startswith("SCRAM-SHA-256$"):
        try:
            return parsed(password)
        except ValueError:
            pass
    if not password:
        raise sqlite3.ProgrammingError(f"the user {name!r} needs a password that is not empty")
    return verifier(password)


def _load(path: str) -> dict[str, Verifier]:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        if content["version"] != _VERSION:
            raise sqlite3.NotSupportedError(
                f"{path}: version {content['version']!r} of the file with the users is not known here: "
                "it takes a newer heliosdb-server"
            )
        return {name: parsed(text) for name, text in content["users"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise sqlite3.DatabaseError(f"{path}: the file with the users can't be read: {error}") from None


def _save(path: str, users: Mapping[str, Verifier]) -> None:
    """Write the file in one step, readable by its owner alone."""
    content = {"version": _VERSION, "users": {name: str(each) for name, each in sorted(users.items())}}
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=os.path.basename(path))
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
