"""What a program may do with a database: each operation an object that plays on a world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .values import Rows
from .world import World


@dataclass(frozen=True)
class Connect:
    """Open a connection."""

    slot: int
    options: dict[str, Any]

    def run(self, world: World) -> Any:
        return world.connect(self.slot, self.options)


@dataclass(frozen=True)
class Execute:
    """execute, executemany or executescript; on a cursor, on a new cursor, or on the connection itself."""

    slot: int
    on: str
    method: str
    arguments: tuple[Any, ...]
    fetch: str = "all"

    def run(self, world: World) -> Any:
        connection = world.connections[self.slot]
        owner = (
            connection
            if self.on == "connection"
            else connection.cursor()
            if self.on == "new"
            else world.cursors[self.slot][int(self.on)]
        )
        arguments = tuple(
            argument.fresh() if isinstance(argument, Rows) else argument for argument in self.arguments
        )
        cursor = getattr(owner, self.method)(*arguments)
        if self.on in "01":
            must_be(cursor, owner)
        return fetch(cursor, self.fetch), cursor.description, cursor.rowcount, cursor.lastrowid


@dataclass(frozen=True)
class Fetch:
    """Go on fetching from a cursor."""

    slot: int
    cursor: int
    how: str

    def run(self, world: World) -> Any:
        return fetch(world.cursors[self.slot][self.cursor], self.how)


def must_be(result: object, owner: object) -> None:
    """Fail where a method that returns its own object returned another."""
    if result is not owner:
        raise AssertionError(f"{result!r} is not {owner!r}")


def fetch(cursor: Any, how: str) -> Any:
    """Fetch in one of the ways there are."""
    if how == "all":
        return cursor.fetchall()
    if how == "one":
        return cursor.fetchone()
    if how == "many":
        return cursor.fetchmany(2)
    if how == "size":
        cursor.arraysize = 3
        return cursor.fetchmany()
    if how == "next":
        return next(cursor)
    if how == "iterate":
        return list(cursor)
    return None


@dataclass(frozen=True)
class Call:
    """Call a method of the connection."""

    slot: int
    call: tuple[Any, ...]
    """The method's name, then its arguments."""

    def run(self, world: World) -> Any:
        method, *arguments = self.call
        result = getattr(world.connections[self.slot], method)(*arguments)
        return list(result) if method == "iterdump" else result


@dataclass(frozen=True)
class CallCursor:
    """Call a method of a cursor."""

    slot: int
    cursor: int
    call: tuple[Any, ...]

    def run(self, world: World) -> Any:
        method, *arguments = self.call
        return getattr(world.cursors[self.slot][self.cursor], method)(*arguments)


@dataclass(frozen=True)
class Set:
    """Set an attribute of the connection."""

    slot: int
    attribute: tuple[str, Any]

    def run(self, world: World) -> Any:
        return setattr(world.connections[self.slot], *self.attribute)


@dataclass(frozen=True)
class SetFactory:
    """Set the row or text factory, of the connection or, for rows, of a cursor."""

    slot: int
    what: str
    name: str
    cursor: int | None = None

    def run(self, world: World) -> Any:
        owner = world.connections[self.slot] if self.cursor is None else world.cursors[self.slot][self.cursor]
        setattr(owner, self.what, getattr(world, self.what)(self.name))
        return getattr(owner, self.what) is not None


@dataclass(frozen=True)
class With:
    """``with connection:`` around operations, left normally or by an exception."""

    slot: int
    body: list[Any]
    raising: bool

    def run(self, world: World) -> Any:
        with world.connections[self.slot] as entered:
            must_be(entered, world.connections[self.slot])
            results = [operation.run(world) for operation in self.body]
            if self.raising:
                raise KeyError("left")
        return results


@dataclass(frozen=True)
class Blob:
    """Read and write a BLOB in place."""

    slot: int
    readonly: bool
    data: bytes

    def run(self, world: World) -> Any:
        connection = world.connections[self.slot]
        rowid = connection.execute("INSERT INTO log(what) VALUES (zeroblob(5))").lastrowid
        with connection.blobopen("log", "what", rowid, readonly=self.readonly) as blob:
            before = blob.read(2)
            blob.write(self.data)
            blob.seek(0)
            blob[0] = 65
            return before, blob.tell(), len(blob), blob[:], blob[1], blob


@dataclass(frozen=True)
class Backup:
    """Copy the database into a new one in memory."""

    slot: int

    def run(self, world: World) -> Any:
        steps: list[Any] = []

        def progress(*step: Any) -> None:
            steps.append(step)
            if len(steps) == 3:  # backup() tries for ever while the database is locked
                raise TimeoutError(steps)

        copy = world.module.connect(":memory:")
        try:
            world.connections[self.slot].backup(copy, progress=progress, sleep=0.001)
            return steps, list(copy.iterdump())
        finally:
            copy.close()
