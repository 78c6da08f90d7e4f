"""Small questions about the words of a statement, which all readers of it ask."""

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.lexer import Kind, Token

JOINING = frozenset({"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "OUTER"})
AFTER_FROM = frozenset({"WHERE", "GROUP", "HAVING", "WINDOW"})
TAIL = frozenset({"ORDER", "LIMIT"})
COMPOUND = frozenset({"UNION", "EXCEPT", "INTERSECT"})
BEGINS_QUERY = frozenset({"SELECT", "VALUES", "WITH"})
_NO_ALIAS = (
    JOINING
    | AFTER_FROM
    | TAIL
    | COMPOUND
    | {"ON", "USING", "INDEXED", "NOT", "AS", "SET", "RETURNING", "FOR", "SELECT", "VALUES", "DO"}
)


class Words:
    """A statement's words by their place."""

    def __init__(self, sql: str, tokens: Sequence[Token]) -> None:
        self.sql = sql
        self.tokens = tokens

    def _is(self, place: int, word: str) -> bool:
        return 0 <= place < len(self.tokens) and self.tokens[place].word == word

    def _is_text(self, place: int, text: str) -> bool:
        return 0 <= place < len(self.tokens) and self.tokens[place].text == text

    def _is_clause(self, place: int) -> bool:
        """Return whether a clause about time may begin here."""
        return (self._is(place, "AS") and self._is(place + 1, "OF")) or (
            self._is(place, "FOR") and self._is(place + 1, "SYSTEM_TIME")
        )

    def _is_alias(self, place: int) -> bool:
        token = self.tokens[place]
        if token.kind in (Kind.QUOTED, Kind.STRING):
            return True
        return token.kind is Kind.WORD and token.word not in _NO_ALIAS

    def _is_verb(self, place: int) -> bool:
        """Return whether UPDATE or DELETE is what the statement does, no part of ON UPDATE, DO UPDATE and the like."""
        before = self.tokens[place - 1] if place else None
        return before is None or before.text in (")", ";") or before.word in ("BEGIN", "PLAN", "EXPLAIN")

    def _is_distinct_from(self, place: int) -> bool:
        """Return whether FROM is part of IS [NOT] DISTINCT FROM."""
        before = [token.word for token in self.tokens[max(0, place - 3) : place]]
        return before[-1:] == ["DISTINCT"] and before[-2:-1] in (["IS"], ["NOT"])

    def _joins(self, place: int) -> bool:
        """Return whether a word such as LEFT or CROSS begins a join: in an ON clause left(...) is a function."""
        return not self._is_text(place + 1, "(") or self.tokens[place].word == "JOIN"

    def _is_named_list(self, place: int) -> bool:
        """Return whether IN stands here, and behind it a table's name instead of a list in parentheses."""
        if not self._is(place, "IN") or place + 1 >= len(self.tokens):
            return False
        return self.tokens[place + 1].kind in (Kind.WORD, Kind.QUOTED)
