"""A server of the bank that is there to be killed: ``python -m torture_kit.counter FILE FEATURE``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import heliosdb_sqlite
from torture_kit.bank import FEATURES

PASSWORD = "a password for tellers"


def main(path: Path, feature: str) -> None:
    """Serve until killed, and say where."""
    users = {"teller": PASSWORD}
    server = heliosdb_sqlite.start_server(
        path, port=0, auth_method="password", users=users, **FEATURES[feature]
    )
    print("open", flush=True)
    print(server.port, flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
