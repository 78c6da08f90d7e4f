"""``python -m benchmarks.server.introspection``: the share of clients' questions that are answered as PostgreSQL does.

Each client asks both servers, over the same schema and by way of a proxy that keeps what was said. A question counts
as answered alike when the columns with their types, all rows, the tag or the SQLSTATE are equal; the numbers that a
database gives its own things are not compared, nor the places and sizes in PostgreSQL's own files.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .. import postgres
from ..target import USER, Target, served
from .answers import answer, asks, question
from .clients import CLIENTS, HERE
from .proxy import recorded


def _own_database(peer: Target, name: str) -> Target:
    """Make a database as it is here: of this name, and its user's own, who is nobody special beside that."""
    with peer.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"ALTER ROLE {USER} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")
    return replace(peer, database=name)


def asked(target: Target, client: str) -> list[tuple[str, Any]]:
    """Return what a client asks about the schema, and what it is answered."""
    with recorded(target.port) as proxy:
        CLIENTS[client](replace(target, port=proxy.port).url + "?sslmode=disable")
    exchanges = [each for recording in proxy.recordings for each in recording.exchanges]
    return [(question(each), answer(each)) for each in exchanges if asks(each)]


def compared(theirs: list[tuple[str, Any]], ours: list[tuple[str, Any]]) -> list[tuple[str, Any, Any]]:
    """Return each question of a client's to PostgreSQL with both answers: ours is None where it was not asked."""
    waiting: dict[str, list[Any]] = {}
    for text, said in ours:
        waiting.setdefault(text, []).append(said)
    return [(text, said, waiting[text].pop(0) if waiting.get(text) else None) for text, said in theirs]


def differences(theirs: Any, ours: Any) -> list[str]:
    """Return what is not the same, as lines."""
    if ours is None:
        return ["it was not asked here"]
    heads = [f"PostgreSQL {theirs[0]}", f"here       {ours[0]}"] if theirs[0] != ours[0] else []
    missing = [f"PostgreSQL {row}" for row in theirs[1] if row not in ours[1]]
    added = [f"here       {row}" for row in ours[1] if row not in theirs[1]]
    return heads + missing + added


def main() -> int:
    """Ask, and show the shares."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server.introspection", description=__doc__)
    parser.add_argument("--only", metavar="TEXT", default="", help="only clients whose name contains TEXT")
    parser.add_argument(
        "--differences", action="store_true", help="show each question that is answered otherwise"
    )
    arguments = parser.parse_args()
    programs = postgres.programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed here (no initdb): there is nothing to compare with")
    total = alike = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        folder.chmod(0o755)
        peer = stack.enter_context(postgres.cluster(programs, folder / "postgres"))
        mine = stack.enter_context(served(folder / "heliosdb", "heliosdb"))
        peer = _own_database(peer, mine.database)
        for target in (peer, mine):
            with target.connect() as connection:
                connection.execute((HERE / "schema.sql").read_text(encoding="utf-8"))
        for client in CLIENTS:
            if arguments.only not in client:
                continue
            pairs = compared(asked(peer, client), asked(mine, client))
            same = sum(theirs == ours for _, theirs, ours in pairs)
            print(f"{client}: {same} of {len(pairs)}", flush=True)
            total, alike = total + len(pairs), alike + same
            if arguments.differences:
                for text, theirs, ours in pairs:
                    if theirs != ours:
                        print(f"--- {text}", *differences(theirs, ours), sep="\n    ")
    print(f"all: {alike} of {total}, {alike / max(total, 1):.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
