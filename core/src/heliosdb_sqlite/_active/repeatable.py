"""Which statements may be run twice, so that nobody but the clock can tell.

A SELECT that was planned for one schema can be run first, and the schema looked at afterwards: in the transaction that
the SELECT has open, which is cheaper than to look before in one of its own, and leaves no moment in between. If the
schema was another one, the rows are thrown away and it runs once more. What its functions do besides computing a value
would then be done twice, so this is for SELECTs that call none but SQLite's own, and those by which plugins compute.
"""

from __future__ import annotations

from itertools import pairwise

from ..sql.lexer import Kind, tokenize

_READS = frozenset({"SELECT", "VALUES"})
_OURS = "HELIOSDB_"
# Words of SQLite's own that may stand before a parenthesis. One that is missing costs time, nothing else.
_KEYWORDS = (
    "ALL AND AS BETWEEN BY CASE COLLATE DISTINCT ELSE ESCAPE EXCEPT EXISTS FILTER FROM GLOB HAVING IN "
    "INTERSECT IS JOIN LIKE LIMIT MATERIALIZED NOT NULL OFFSET ON OR OVER SELECT THEN UNION USING VALUES "
    "WHEN WHERE"
)
_FUNCTIONS = (
    "ABS AVG CAST CEIL CEILING CHAR COALESCE CONCAT CONCAT_WS COUNT CUME_DIST DATE DATETIME DENSE_RANK "
    "EXP FIRST_VALUE FLOOR FORMAT GROUP_CONCAT HEX IFNULL IIF INSTR JULIANDAY LAG LAST_VALUE LEAD LENGTH "
    "LN LOG LOG10 LOG2 LOWER LTRIM MAX MIN MOD NTH_VALUE NTILE NULLIF OCTET_LENGTH PERCENT_RANK POW POWER "
    "PRINTF QUOTE RANDOM RANDOMBLOB RANK REPLACE ROUND ROW_NUMBER RTRIM SIGN SQRT STRFTIME STRING_AGG "
    "SUBSTR SUBSTRING SUM TIME TIMEDIFF TOTAL TRIM TRUNC TYPEOF UNHEX UNICODE UNIXEPOCH UPPER ZEROBLOB "
    "JSON JSON_ARRAY JSON_ARRAY_LENGTH JSON_EACH JSON_EXTRACT JSON_GROUP_ARRAY JSON_GROUP_OBJECT "
    "JSON_INSERT JSON_OBJECT JSON_PATCH JSON_QUOTE JSON_REMOVE JSON_REPLACE JSON_SET JSON_TREE JSON_TYPE "
    "JSON_VALID"
)
_OPERATORS = frozenset({"MATCH", "REGEXP"})  # which call a function of the user's
_HARMLESS = frozenset(f"{_KEYWORDS} {_FUNCTIONS}".split())


def is_repeatable(does: str, sql: str) -> bool:
    """Return whether a statement may be run twice.

    >>> is_repeatable("SELECT", "SELECT max(a) FROM t WHERE b IN (1, 2)")
    True
    >>> is_repeatable("SELECT", "SELECT send_mail(address) FROM people")
    False

    :param does: its verb
    """
    if does not in _READS:
        return False
    tokens = tokenize(sql)
    called = [
        word.word
        for word, after in pairwise(tokens)
        if after.text == "(" and word.kind in (Kind.WORD, Kind.QUOTED)
    ]
    operators = any(token.word in _OPERATORS for token in tokens)
    return not operators and all(name in _HARMLESS or name.startswith(_OURS) for name in called)
