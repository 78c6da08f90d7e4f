"""The names of everything that time travel keeps in a database, and the constants of its format."""

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_identifier

FORMAT = 1
"""The version of the format, kept in the table of settings. A database with another one is refused."""

PREFIX = "heliosdb_"
"""What the tables of HeliosDB's features begin with; none of them is versioned."""

OWN = "heliosdb_timetravel_"
"""What all names of time travel's own begin with."""

COMMITS = "heliosdb_timetravel_commits"
TABLES = "heliosdb_timetravel_tables"
TAGS = "heliosdb_timetravel_tags"
SETTINGS = "heliosdb_timetravel_settings"
NOW = "heliosdb_timetravel_now"
"""A view: writing to it makes sure that the open transaction has a row in the table of commits."""
BEGIN_PLAIN = "heliosdb_timetravel_begin"
BEGIN_HERE = "heliosdb_timetravel_begin_here"
"""The triggers of that view: for any SQLite, and, in TEMP, for a connection with time travel."""

COMMITTED, BY_STATEMENT, OPEN = 0, 1, 2
"""The states of a commit: it has its time, it has a statement's time, it will get its time when it commits."""

NOT_YET = 2**63 - 1
"""The time of a commit that is still open: later than any other."""
FOREVER = 2**46
"""A number of a transaction that is never reached. Shifted by SHIFT it still is an INTEGER."""
SHIFT = 16
"""A superseded row's id is at least the transaction that ended it, shifted: ids are in the order of ends."""

ID, FROM, TO, ROW = "heliosdb_id", "heliosdb_from", "heliosdb_to", "heliosdb_row"
"""The columns that a table of history has beside the user's own."""


def history(number: int) -> str:
    """Return the name of the table that has the superseded rows of versioned table ``number``."""
    return f"heliosdb_timetravel_{number}_history"


def starts(number: int) -> str:
    """Return the name of the table that says since which transaction each row of table ``number`` is as it is."""
    return f"heliosdb_timetravel_{number}_starts"


def trigger(number: int, event: str) -> str:
    """Return the name of a trigger on versioned table ``number``."""
    return f"heliosdb_timetravel_{number}_{event}"


def index(number: int, name: str) -> str:
    """Return the name of an index on the history of table ``number``."""
    return f"heliosdb_timetravel_{number}_{name}"


def in_schema(schema: str, name: str) -> str:
    """Return ``schema.name``, quoted."""
    return f"{quote_identifier(schema)}.{quote_identifier(name)}"
