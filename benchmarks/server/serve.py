"""Serves a file until its input ends: ``python serve.py FILE USER PASSWORD`` prints the port."""

from __future__ import annotations

import sys

import heliosdb_sqlite

file, user, password = sys.argv[1:]
with heliosdb_sqlite.start_server(file, port=0, max_connections=250, users={user: password}) as server:
    print(server.port, flush=True)
    sys.stdin.read()
