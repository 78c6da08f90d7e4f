"""Questions to a connection with a cache, and whether it had the answer."""

from __future__ import annotations

QUERY = "SELECT category, count(*), sum(price) FROM products WHERE price > ? GROUP BY category"


def hits(conn) -> int:
    return conn.get_cache_stats().hits


def ask(conn, query=QUERY, parameters=(10,)):
    return conn.execute(query, parameters).fetchall()


def is_kept(conn, query, parameters=()) -> bool:
    before = hits(conn)
    first = ask(conn, query, parameters)
    assert ask(conn, query, parameters) == first
    return hits(conn) > before
