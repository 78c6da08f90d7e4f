"""What a disk has after the power went: all that was synced, and of the rest some, in no order, and in pieces."""

from __future__ import annotations

import pickle
import random
import shutil
from pathlib import Path
from typing import Any

SECTOR = 512


def read(diary: Path) -> list[tuple[Any, ...]]:
    """Return the entries of a diary."""
    entries = []
    with diary.open("rb") as file:
        while True:
            try:
                entries.append(pickle.load(file))
            except EOFError:
                return entries


def lasting(folder: Path) -> list[Path]:
    """Return the files of a folder that outlive a machine: all but the memory that processes share."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm")]


class Disk:
    """The files of a folder as they would be found, entry by entry of the diary."""

    def __init__(self, folder: Path, target: Path) -> None:
        """Begin with the files that are in a folder; ``target`` is where the others' paths lead."""
        self._folder, self._target = folder, target
        self._files = {str(p.relative_to(folder)): bytearray(p.read_bytes()) for p in lasting(folder)}
        self._pending: dict[str, list[tuple[Any, ...]]] = {}
        self.told: list[str] = []

    def _name(self, path: str) -> str:
        return str(Path(path).relative_to(self._target))

    def happen(self, entry: tuple[Any, ...]) -> None:
        """Take the next entry of the diary."""
        verb, what, *rest = entry
        if verb == "told":
            self.told.append(what)
            return
        name = self._name(what)
        if verb in ("write", "truncate"):
            self._pending.setdefault(name, []).append((verb, *rest))
        elif verb == "sync":
            for each in self._pending.pop(name, []):
                _apply(self._files.setdefault(name, bytearray()), *each)
        else:  # file systems keep deletions in order
            self._pending.pop(name, None)
            self._files.pop(name, None)

    def fail(self, folder: Path, chance: random.Random, share: float) -> None:
        """Write the files to a folder as they are if the power goes now.

        :param share: how much of what was not synced is there: 0 nothing, 1 all
        """
        shutil.rmtree(folder, ignore_errors=True)
        found = {name: bytearray(content) for name, content in self._files.items()}
        for name, pending in self._pending.items():
            for verb, *rest in pending:
                if chance.random() >= share:
                    continue
                content = found.setdefault(name, bytearray())
                if verb == "write" and share < 1 and chance.random() < 0.3:
                    offset, data = rest
                    torn = data[: chance.randrange(1, len(data) // SECTOR + 2) * SECTOR]
                    _apply(content, verb, offset, torn)
                else:
                    _apply(content, verb, *rest)
        for name, content in found.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _apply(content: bytearray, verb: str, *rest: Any) -> None:
    if verb == "truncate":
        del content[rest[0] :]
        return
    offset, data = rest
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data
