"""A process that makes branches, merges, undoes and deletes them without end, and writes down what was done.

``python -m torture_kit.brancher DATABASE NAME``: each line of ``NAME.log`` beside the database is a verb and a branch,
``begin`` before it for what may have happened, without for what has.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import heliosdb_sqlite


def main(path: Path, name: str) -> None:
    """Go on until killed."""
    log = os.open(path.with_name(f"{name}.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    chance = random.Random(name)

    def note(*words: str) -> None:
        os.write(log, (" ".join(words) + "\n").encode())

    def do(verb: str, method: Any, branch: str, **options: Any) -> None:
        note("begin", verb, branch)
        method(branch, **options)
        note(verb, branch)

    conn = heliosdb_sqlite.connect(path, timeout=60)
    print("open", flush=True)
    number = 0
    while True:
        number += 1
        branch = f"{name}/{number}"
        do("create", conn.create_branch, branch)
        other = heliosdb_sqlite.connect(path, branch=branch, timeout=60)
        other.execute("INSERT INTO entry VALUES (?, ?)", (branch, number))
        other.execute("UPDATE tally SET n = n + 0, last = ? WHERE who = ?", (branch, name.partition("-")[2]))
        if number % 3 == 0:
            other.execute(f'CREATE TABLE "made by {branch}" (x)')
        other.commit()
        other.close()
        do("merge", conn.merge_branch, branch, strategy="theirs")
        if chance.random() < 0.4:
            do("undo", conn.undo_merge, branch)
        if chance.random() < 0.7:
            do("delete", conn.delete_branch, branch)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
