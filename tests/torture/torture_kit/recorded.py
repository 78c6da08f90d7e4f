"""A process whose writes are written down: ``python -m torture_kit.recorded FILE FEATURE DIARY NAME COUNT``."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from torture_kit.recorder import Recorder


def main(path: Path, feature: str, diary: Path, name: str, count: int) -> None:
    """Make so many transfers, and say in the diary which were acknowledged."""
    recorder = Recorder(diary)
    from torture_kit.bank import connect, transfer

    conn = connect(path, feature)
    conn.execute("PRAGMA wal_autocheckpoint = 50")  # so that checkpoints come into it
    print("open", flush=True)
    numbers = random.Random(name)
    for number in range(count):
        transfer(conn, f"{name}-{number}", numbers, feature)
        recorder.note("told", f"{name}-{number}")
    conn.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
