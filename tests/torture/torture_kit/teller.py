"""A process that makes transfers until it is killed: ``python -m torture_kit.teller FILE FEATURE NAME``."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from torture_kit.bank import acknowledge, connect, transfer


def main(path: Path, feature: str, name: str) -> None:
    told = os.open(path.parent / f"told-{name}", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    conn = connect(path, feature)
    numbers = random.Random(name)
    print("open", flush=True)
    number = 0
    while True:
        number += 1
        transfer(conn, f"{name}-{number}", numbers, feature)
        acknowledge(told, f"{name}-{number}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
