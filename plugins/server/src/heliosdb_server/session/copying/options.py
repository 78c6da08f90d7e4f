"""What stands in COPY's parentheses: how the data looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...protocol.errors import PgError

_NO_DELIMITERS = frozenset("\\.abcdefghijklmnopqrstuvwxyz0123456789")  # what numbers and escapes are made of


@dataclass
class Options:
    """How the data looks."""

    format: str = "text"
    delimiter: str = "\t"
    null: str = "\\N"
    header: bool = False
    match: bool = False
    quote: str = '"'
    escape: str = '"'
    force_quote: tuple[str, ...] | str = ()
    force_null: tuple[str, ...] | str = ()
    force_not_null: tuple[str, ...] | str = ()


def options_of(given: dict[str, Any]) -> Options:
    """Return the options of a COPY statement.

    :raises PgError: one that is not known, or that does not go with the format
    """
    made = Options()
    made.format = str(given.get("format", "text")).lower()
    if made.format not in ("text", "csv", "binary"):
        raise PgError("22023", f'COPY format "{made.format}" not recognized')
    if made.format == "csv":
        made.delimiter, made.null = ",", ""
    for name, value in given.items():
        if name == "format":
            continue
        if name in ("delimiter", "null", "quote", "escape"):
            setattr(made, name, str(value))
            if name == "quote" and "escape" not in given:
                made.escape = str(value)
        elif name == "header":
            made.match = str(value).lower() == "match"
            made.header = made.match or str(value).lower() in ("true", "on", "1")
        elif name in ("force_quote", "force_null", "force_not_null"):
            setattr(made, name, value)
        elif name == "encoding":
            if str(value).lower().replace("-", "").replace("_", "") not in ("utf8", "unicode"):
                raise PgError("0A000", f'the encoding "{value}" is not supported', hint="Use UTF8.")
        elif name == "freeze":
            pass
        else:
            raise PgError("42601", f'option "{name}" not recognized')
    if len(made.delimiter) != 1:
        raise PgError("0A000", "COPY delimiter must be a single one-byte character")
    if made.format != "csv" and made.delimiter in _NO_DELIMITERS:
        raise PgError("22023", f'COPY delimiter cannot be "{made.delimiter}"')
    for what, text in (("delimiter", made.delimiter), ("null", made.null)):
        if "\n" in text or "\r" in text:
            raise PgError("22023", f"COPY {what} cannot use newline or carriage return")
    if made.format == "csv" and made.delimiter == made.quote:
        raise PgError("22023", "COPY delimiter and quote must be different")
    if made.format == "csv" and (len(made.quote) != 1 or len(made.escape) != 1):
        raise PgError("0A000", "COPY quote and escape must be a single one-byte character")
    return made
