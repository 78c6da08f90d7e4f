"""A view's text, taken apart: the SELECT that it stands for, and the names it gives to columns.

>>> read_view("CREATE VIEW main.v (x, y) AS SELECT a, b FROM t;")
('(x, y)', ' SELECT a, b FROM t')
"""

from __future__ import annotations

from heliosdb_sqlite.sql.lexer import tokenize

from .clauses import closing


def read_view(sql: str) -> tuple[str, str]:
    """Return the list of columns in a CREATE VIEW, "" if it has none, and the SELECT."""
    tokens = tokenize(sql)
    words = [token.word for token in tokens]
    place = words.index("VIEW") + 1
    if words[place : place + 3] == ["IF", "NOT", "EXISTS"]:
        place += 3
    place += 3 if tokens[place + 1].text == "." else 1
    columns = ""
    if tokens[place].text == "(":
        close = closing(tokens, place)
        columns = sql[tokens[place].start : tokens[close].end]
        place = close + 1
    return columns, sql[tokens[place].end :].rstrip().rstrip(";")
