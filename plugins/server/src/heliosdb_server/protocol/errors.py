"""An error as a PostgreSQL client gets it: SQLSTATE, message, and where they help detail, hint and place."""

from __future__ import annotations


class PgError(Exception):
    """What is sent as ErrorResponse.

    >>> PgError("42P01", 'relation "users" does not exist')
    PgError('42P01', 'relation "users" does not exist')
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        detail: str = "",
        hint: str = "",
        position: int = 0,
        fatal: bool = False,
        schema: str = "",
        table: str = "",
        column: str = "",
        constraint: str = "",
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.position = position  # in the statement's text, counted from 1; 0 is nowhere
        self.fatal = fatal  # the connection ends
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint

    @property
    def severity(self) -> str:
        """``ERROR``, or ``FATAL`` where the connection ends."""
        return "FATAL" if self.fatal else "ERROR"

    def fields(self) -> list[tuple[str, str]]:
        """Return the message's fields, by their one-letter codes."""
        found = [
            ("S", self.severity),
            ("V", self.severity),
            ("C", self.code),
            ("M", self.message),
            ("D", self.detail),
            ("H", self.hint),
            ("P", str(self.position) if self.position else ""),
            ("s", self.schema),
            ("t", self.table),
            ("c", self.column),
            ("n", self.constraint),
        ]
        return [(code, value) for code, value in found if value]


def protocol_violation(message: str) -> PgError:
    """Return the error for bytes that are no protocol message; the connection can't go on behind it."""
    return PgError("08P01", message, fatal=True)


def not_supported(message: str, hint: str = "") -> PgError:
    """Return the error for what PostgreSQL has and this server has not."""
    return PgError("0A000", message, hint=hint)
