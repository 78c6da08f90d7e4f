"""A disk that is full, and no file descriptors left: an error, and a database that goes on when there is room again."""

from __future__ import annotations

import os
import random
import sqlite3
import sys
from contextlib import closing

import pytest

from torture_kit.bank import FEATURES, connect, examine, found, transfer

resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")
pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="macOS keeps to other limits")


def in_a_child(work):
    """Run work() in a child process, whose limits are its own, and return what it returned, which must be text."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = "nothing"
        try:
            said = str(work())
        except BaseException as error:  # noqa: BLE001 - the parent shows it
            said = f"{type(error).__name__}: {error}"
        finally:
            os.write(writer, said.encode()[:60_000])
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.parametrize("feature", FEATURES)
def test_the_disk_is_full(tmp_path, feature, rounds, chance):
    path = tmp_path / "bank.db"
    found(path, feature)
    for number in range(rounds):
        room = chance.randrange(1, 60) * 4096 + chance.choice([0, 512])

        def work(number=number, room=room):
            import signal

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            size = max(file.stat().st_size for file in tmp_path.rglob("*"))
            told = []
            with closing(connect(path, feature)) as conn:
                numbers = random.Random(number)
                resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.RLIM_INFINITY))
                try:
                    for each in range(2000):
                        name = f"{number}-{each}"
                        transfer(conn, name, numbers, feature)
                        told.append(name)
                        conn.execute("INSERT INTO move VALUES (?, ?)", (f"big-{name}", "x" * 3000))
                except sqlite3.Error as error:
                    conn.rollback()
                    resource.setrlimit(
                        resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
                    )
                    transfer(conn, f"{number}-after", numbers, feature)  # the same connection goes on
                    return f"{','.join(told)}|{type(error).__name__}: {error}"  # noqa: B023 - called at once
            return "never full"

        said = in_a_child(work)
        names, _, error = said.partition("|")
        assert error.startswith("OperationalError: "), said
        examine(path, feature, [*filter(None, names.split(",")), f"{number}-after"])


@pytest.mark.parametrize("feature", FEATURES)
def test_no_descriptors_are_left(tmp_path, feature):
    path = tmp_path / "bank.db"
    found(path, feature)

    def work():
        numbers, opened, errors, told = random.Random(1), [], [], 0
        held = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (max(held) + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        )
        for spare in range(20):
            os.close(held.pop())
            try:
                opened.append(connect(path, feature))
                transfer(opened[-1], f"{spare}", numbers, feature)
                told += 1
            except (sqlite3.Error, OSError) as error:
                errors.append(f"{type(error).__name__}: {error}")
                for conn in opened:
                    conn.rollback()
        for conn in opened:
            conn.close()
        return f"{len(errors)} errors, {told} transfers, {errors[:1]}"

    said = in_a_child(work)
    assert " errors, " in said, said
    assert not said.startswith("0 errors"), said
    examine(path, feature, [])
