"""Texts of SELECTs: one to whose end a clause can be added that is about all it reads, and that of a view."""

from __future__ import annotations

from .lexer import Token, tokenize
from .nesting import outside, word_at

_SCHEMA = {"sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"}
_COMPOUND = {"WITH", "UNION", "INTERSECT", "EXCEPT"}
_BEHIND_TABLES = {"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT"}


def open_ended(sql: str) -> str | None:
    r"""Return a SELECT such that what is written behind it is about the whole; None if it reads no table of the user's.

    Right behind a table a clause is about this table, behind a UNION about its last part, beside a WITH not about what
    is in that. The rows, their order and their columns stay the same; where a compound has two columns of one name,
    SQLite gives the second another.

    >>> open_ended("SELECT a, (SELECT max(b) FROM u) FROM t;")
    'SELECT a, (SELECT max(b) FROM u) FROM t\nWHERE 1'
    >>> open_ended("SELECT a FROM t UNION SELECT b FROM u -- both")
    'SELECT * FROM (SELECT a FROM t UNION SELECT b FROM u -- both\n)'
    >>> open_ended("SELECT a FROM t ORDER BY a LIMIT 5")
    'SELECT a FROM t ORDER BY a LIMIT 5\n'
    >>> open_ended("SELECT name FROM sqlite_master") is None
    True
    """
    tokens = tokenize(sql)
    while tokens and tokens[-1].text == ";":
        sql = sql[: tokens.pop().start]
    if _reads_no_table(tokens):
        return None
    words = {tokens[place].word for place in outside(tokens)}
    if words & _COMPOUND:
        return f"SELECT * FROM ({sql}\n)"
    return f"{sql}\n" if words & _BEHIND_TABLES else f"{sql}\nWHERE 1"


def view_query(sql: str) -> str:
    """Return the SELECT of a CREATE VIEW: what follows its AS.

    >>> view_query('CREATE VIEW v ("as", b) AS SELECT 1, 2')
    ' SELECT 1, 2'
    """
    tokens = tokenize(sql)
    place = word_at(tokens, frozenset({"AS"}))
    return sql[tokens[place].end :] if place < len(tokens) else ""


def _reads_no_table(tokens: list[Token]) -> bool:
    """Say whether a statement surely reads no table, or no others than those in which SQLite keeps the schema."""
    for at, token in enumerate(tokens):
        if token.word in ("JOIN", "IN"):  # IN t: a table without a FROM
            following = tokens[at + 1 : at + 2]
            if token.word == "JOIN" or not following or following[0].text != "(":
                return False
        if token.word == "FROM":
            name, *behind = tokens[at + 1 : at + 5] or [token]
            if len(behind) > 1 and behind[0].text == ".":
                _, name, *behind = behind
            if name.text != "(" and (name.name.lower() not in _SCHEMA or (behind and behind[0].text == ",")):
                return False
    return True
