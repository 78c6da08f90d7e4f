"""A session's settings: what SET sets and SHOW shows."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta, tzinfo
from typing import NamedTuple

from ..catalog.search_path import PUBLIC, SearchPath, search_path
from ..protocol.errors import PgError
from ..types import moments

SERVER_VERSION = "15.0"  # of the PostgreSQL whose behaviour is followed
_REPORTED = ("server_version", "server_encoding", "client_encoding", "application_name", "is_superuser",
             "session_authorization", "DateStyle", "IntervalStyle", "TimeZone", "integer_datetimes",
             "standard_conforming_strings", "in_hot_standby", "default_transaction_read_only")  # fmt: skip
_REPORTED_BY_FOLD = {name.lower(): name for name in _REPORTED}
REPORTED = _REPORTED_BY_FOLD  # names as clients know them, by their lower-case form
_BOOLS = {"on": "on", "true": "on", "yes": "on", "1": "on", "t": "on", "off": "off", "false": "off", "no": "off",
          "0": "off", "f": "off"}  # fmt: skip


_ENCODINGS = frozenset(("latin1", "latin2", "latin9", "win1250", "win1251", "win1252", "euccn", "eucjp", "sjis", "big5",
                        "gbk", "gb18030", "koi8r", "iso88591", "iso88595", "utf16"))  # fmt: skip


class Setting(NamedTuple):
    """One setting: its value at the start, what it may be, what it is for."""

    value: str
    kind: str  # string, bool, integer, time, enum, fixed
    about: str
    choices: tuple[str, ...] = ()


_ALL: dict[str, Setting] = {
    "server_version": Setting(SERVER_VERSION, "fixed", "Shows the server version."),
    "server_version_num": Setting("150000", "fixed", "Shows the server version as an integer."),
    "server_encoding": Setting("UTF8", "fixed", "Shows the server's character set encoding."),
    "client_encoding": Setting("UTF8", "encoding", "Sets the client's character set encoding."),
    "application_name": Setting("", "string", "Sets the application name to be reported in statistics and logs."),
    "is_superuser": Setting("off", "fixed", "Shows whether the current user is a superuser."),
    "session_authorization": Setting("", "fixed", "Shows the session user."),
    "role": Setting("none", "role", "Sets the current role."),
    "datestyle": Setting("ISO, MDY", "datestyle", "Sets the display format for date and time values."),
    "intervalstyle": Setting("postgres", "intervalstyle", "Sets the display format for interval values."),
    "timezone": Setting("UTC", "zone", "Sets the time zone for displaying and interpreting time stamps."),
    "integer_datetimes": Setting("on", "fixed", "Shows whether datetimes are integer based."),
    "standard_conforming_strings": Setting("on", "on", "Causes '...' strings to treat backslashes literally."),
    "in_hot_standby": Setting("off", "fixed", "Shows whether hot standby is currently active."),
    "default_transaction_isolation": Setting(
        "read committed", "enum", "Sets the isolation level of each new transaction.",
        ("serializable", "repeatable read", "read committed", "read uncommitted")),
    "default_transaction_read_only": Setting("off", "bool", "Sets the default read-only status of new transactions."),
    "default_transaction_deferrable": Setting("off", "bool", "Sets the default deferrable status."),
    "transaction_isolation": Setting("read committed", "transaction", "Sets the current transaction's isolation level."),
    "transaction_read_only": Setting("off", "transaction", "Sets the current transaction's read-only status."),
    "transaction_deferrable": Setting("off", "bool", "Whether to defer a read-only serializable transaction."),
    "search_path": Setting('"$user", public', "path", "Sets the schema search order for unqualified names."),
    "statement_timeout": Setting("0", "time", "Sets the maximum allowed duration of any statement."),
    "lock_timeout": Setting("0", "time", "Sets the maximum allowed duration of any wait for a lock."),
    "idle_in_transaction_session_timeout": Setting("0", "time", "Sets the maximum idle time inside a transaction."),
    "idle_session_timeout": Setting("0", "time", "Sets the maximum idle time outside a transaction."),
    "client_min_messages": Setting("notice", "enum", "Sets the message levels that are sent to the client.",
                                   ("debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error")),
    "extra_float_digits": Setting("1", "integer", "Sets the number of digits displayed for floating-point values."),
    "bytea_output": Setting("hex", "enum", "Sets the output format for bytea.", ("hex",)),
    "xmloption": Setting("content", "enum", "Sets whether XML data is content or document.", ("content", "document")),
    "backslash_quote": Setting("safe_encoding", "string", "Sets whether \\' is allowed in string literals."),
    "escape_string_warning": Setting("on", "bool", "Warn about backslash escapes in ordinary string literals."),
    "synchronous_commit": Setting("on", "commit", "Sets the current transaction's synchronization level."),
    "row_security": Setting("on", "bool", "Enable row security."),
    "check_function_bodies": Setting("on", "bool", "Check routine bodies during CREATE FUNCTION."),
    "default_tablespace": Setting("", "string", "Sets the default tablespace to create tables in."),
    "default_table_access_method": Setting("heap", "string", "Sets the default table access method."),
    "lc_collate": Setting("C", "fixed", "Shows the collation order locale."),
    "lc_ctype": Setting("C", "fixed", "Shows the character classification and case conversion locale."),
    "lc_messages": Setting("C", "string", "Sets the language in which messages are displayed."),
    "lc_monetary": Setting("C", "string", "Sets the locale for formatting monetary amounts."),
    "lc_numeric": Setting("C", "string", "Sets the locale for formatting numbers."),
    "lc_time": Setting("C", "string", "Sets the locale for formatting date and time values."),
    "max_connections": Setting("100", "fixed", "Sets the maximum number of concurrent connections."),
    "max_identifier_length": Setting("63", "fixed", "Shows the maximum identifier length."),
    "max_index_keys": Setting("32", "fixed", "Shows the maximum number of index keys."),
    "block_size": Setting("8192", "fixed", "Shows the size of a disk block."),
    "port": Setting("5432", "fixed", "Sets the TCP port the server listens on."),
    "ssl": Setting("off", "fixed", "Enables SSL connections."),
    "password_encryption": Setting("scram-sha-256", "fixed", "Chooses the algorithm for encrypting passwords."),
    "jit": Setting("on", "bool", "Allow JIT compilation."),
    "work_mem": Setting("4MB", "string", "Sets the maximum memory to be used for query workspaces."),
    "maintenance_work_mem": Setting("64MB", "string", "Sets the maximum memory for maintenance operations."),
    "geqo": Setting("on", "bool", "Enables genetic query optimization."),
    "enable_seqscan": Setting("on", "bool", "Enables the planner's use of sequential-scan plans."),
    "enable_indexscan": Setting("on", "bool", "Enables the planner's use of index-scan plans."),
    "enable_bitmapscan": Setting("on", "bool", "Enables the planner's use of bitmap-scan plans."),
    **{f"enable_{plan}": Setting("on", "bool", f"Enables the planner's use of {plan} plans.") for plan in (
        "hashjoin", "mergejoin", "nestloop", "hashagg", "sort", "material", "memoize", "indexonlyscan", "tidscan",
        "incremental_sort", "parallel_append", "parallel_hash", "gathermerge", "async_append")},
    "random_page_cost": Setting("4", "string", "Sets the planner's estimate of the cost of a page fetched out of order."),
    "seq_page_cost": Setting("1", "string", "Sets the planner's estimate of the cost of a page fetched in order."),
    "effective_cache_size": Setting("4GB", "string", "Sets the planner's assumption of the size of the caches."),
    "temp_buffers": Setting("8MB", "string", "Sets the maximum size of temporary buffers used by each session."),
    "join_collapse_limit": Setting("8", "integer", "Sets the size of a FROM list beyond which JOINs are not flattened."),
    "from_collapse_limit": Setting("8", "integer", "Sets the size of a FROM list beyond which subqueries are not merged."),
    "default_statistics_target": Setting("100", "integer", "Sets the default statistics target."),
    "synchronize_seqscans": Setting("on", "bool", "Enable synchronized sequential scans."),
    "cursor_tuple_fraction": Setting("0.1", "string", "Sets the planner's estimate of the rows read of a cursor."),
    "deadlock_timeout": Setting("1s", "string", "Sets the time to wait on a lock before checking for deadlock."),
    "log_min_duration_statement": Setting("-1", "string", "Sets the execution time above which statements are logged."),
    "log_duration": Setting("off", "bool", "Logs the duration of each completed statement."),
    "max_parallel_workers_per_gather": Setting("0", "integer", "Sets the maximum number of parallel workers."),
    "plan_cache_mode": Setting("auto", "string", "Controls the planner's selection of custom or generic plan."),
    "log_statement": Setting("none", "string", "Sets the type of statements logged."),
    "log_min_messages": Setting("warning", "string", "Sets the message levels that are logged."),
    "quote_all_identifiers": Setting("off", "bool", "When generating SQL fragments, quote all identifiers."),
    "session_replication_role": Setting("origin", "enum", "Sets the behavior for triggers.", ("origin",)),
    "array_nulls": Setting("on", "bool", "Enable input of NULL elements in arrays."),
    "wal_level": Setting("replica", "fixed", "Sets the level of information written to the WAL."),
    "data_directory": Setting("", "hidden", "Sets the server's data directory."),
}  # fmt: skip
_UNITS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "": 1}


class Settings:
    """The values of one session. A transaction that is undone undoes what SET set in it."""

    def __init__(self, start: dict[str, str]) -> None:
        self.values = {name: setting.value for name, setting in _ALL.items()} | start
        self.start = dict(self.values)
        self.zone: tzinfo = moments.UTC
        self.path: SearchPath = PUBLIC
        self.moved: Callable[[], None] | None = None  # is called when names mean other tables from now on
        self._undo: list[tuple[str, str | None]] = []  # since the transaction began
        self._local: list[tuple[str, str | None]] = []
        self._times: dict[str, float] = {}  # timeouts that have been looked up

    def reported(self) -> list[tuple[str, str]]:
        """Return what the client is told at the start."""
        return [(name, self.values[name.lower()]) for name in _REPORTED]

    def show(self, name: str) -> str:
        """Return a setting's value.

        :raises PgError: there is none of this name
        """
        value = self.values.get(name.lower())
        if value is None or _ALL.get(name.lower(), Setting("", "", "")).kind == "hidden":
            raise PgError("42704", f'unrecognized configuration parameter "{name}"')
        return value

    def rows(self) -> list[tuple[str, str, str]]:
        """Return all of them, as SHOW ALL does."""
        return [
            (_REPORTED_BY_FOLD.get(name, name), value, _ALL[name].about if name in _ALL else "")
            for name, value in sorted(self.values.items())
            if name not in _ALL or _ALL[name].kind != "hidden"
        ]

    def set(
        self, name: str, value: str | None, *, local: bool = False, block: bool = False
    ) -> tuple[str, str] | None:
        """Set a value, None for the one it had at the start; return it when the client is to be told.

        :param local: until the transaction ends
        :param block: in a transaction, which may be undone
        """
        name = name.lower()
        setting = _ALL.get(name)
        if setting is None and "." not in name:
            raise PgError("42704", f'unrecognized configuration parameter "{name}"')
        new = self.start.get(name, "") if value is None else self._checked(name, setting, value)
        old = self.values.get(name)
        if local:
            self._local.append((name, old))
        elif block:
            self._undo.append((name, old))
        self._put(name, new)
        if name in _REPORTED_BY_FOLD and new != old:
            return _REPORTED_BY_FOLD[name], new
        return None

    def _put(self, name: str, value: str | None) -> None:
        self._times.clear()
        if value is None:
            self.values.pop(name, None)
            return
        self.values[name] = value
        if name == "timezone":
            self.zone = moments.zone(_zone(value), posix=True)
        elif name == "search_path" and (path := search_path(value)) != self.path:
            self.path = path
            if self.moved is not None:
                self.moved()

    def _checked(self, name: str, setting: Setting | None, value: str) -> str:
        if setting is None:
            return value
        folded = value.strip().lower()
        if setting.kind in ("fixed", "hidden"):
            raise PgError("55P02", f'parameter "{name}" cannot be changed')
        if setting.kind == "bool":
            if folded not in _BOOLS:
                raise PgError("22023", f'parameter "{name}" requires a Boolean value')
            return _BOOLS[folded]
        if setting.kind == "integer" and not re.fullmatch(r"[+-]?\d+", folded):
            raise PgError("22023", f'invalid value for parameter "{name}": "{value}"')
        if name == "extra_float_digits" and int(folded) < 1:
            raise PgError("0A000", "numbers are always written with all their digits", hint="Use 1.")
        if setting.kind == "time":
            return _time(name, folded)
        if setting.kind == "path":
            search_path(value)
            return value
        if setting.kind == "enum" and folded not in setting.choices:
            raise PgError("22023", f'invalid value for parameter "{name}": "{value}"')
        if setting.kind == "enum":
            return folded
        if setting.kind == "zone":
            return _zone(value)
        return self._fixed_choice(name, setting.kind, value)

    def _fixed_choice(self, name: str, kind: str, value: str) -> str:
        folded = value.strip().strip("'").lower().replace("-", "").replace("_", "")
        if kind == "encoding":
            if folded not in ("utf8", "unicode", "sqlascii"):
                if folded not in _ENCODINGS:
                    raise PgError("22023", f'invalid value for parameter "client_encoding": "{value}"')
                raise PgError("0A000", f'the client encoding "{value}" is not supported', hint="Use UTF8.")
            return "UTF8"
        if kind == "datestyle":
            if "iso" not in folded:
                raise PgError("0A000", f'the DateStyle "{value}" is not supported', hint="Use ISO.")
            if "dmy" in folded or "ymd" in folded:
                raise PgError("0A000", f'the DateStyle "{value}" is not supported', hint="Use ISO, MDY.")
            return "ISO, MDY"
        if kind == "intervalstyle":
            if folded != "postgres":
                raise PgError("0A000", f'the IntervalStyle "{value}" is not supported', hint="Use postgres.")
            return "postgres"
        if kind == "on":
            if _BOOLS.get(folded) != "on":
                raise PgError("0A000", f"{name} is always on here")
            return "on"
        if kind == "commit":
            level = _BOOLS.get(folded, value.strip().lower())
            if level not in ("on", "off", "local", "remote_write", "remote_apply"):
                raise PgError("22023", f'invalid value for parameter "{name}": "{value}"')
            return level
        if kind == "role":
            if value not in ("none", self.start["session_authorization"]):
                raise PgError("22023", f'role "{value}" does not exist')
            return value
        return value

    def committed(self) -> list[tuple[str, str]]:
        """The transaction has ended well: forget what SET LOCAL set; return what the client is to be told."""
        changed = self._back(self._local)
        self._undo.clear()
        return changed

    def undone(self) -> list[tuple[str, str]]:
        """The transaction was undone: and with it what was set in it."""
        return self._back(self._local) + self._back(self._undo)

    def _back(self, changes: list[tuple[str, str | None]]) -> list[tuple[str, str]]:
        told = []
        for name, old in reversed(changes):
            self._put(name, old)
            if name in _REPORTED_BY_FOLD and old is not None:
                told.append((_REPORTED_BY_FOLD[name], old))
        changes.clear()
        return told

    def milliseconds(self, name: str) -> float:
        """Return a timeout; 0 is none."""
        found = self._times.get(name)
        if found is None:
            match = re.fullmatch(r"(\d+)(\w*)", self.values[name])
            found = self._times[name] = float(match[1]) * _UNITS[match[2]] if match else 0.0
        return found

    @property
    def has_local(self) -> bool:
        """Has SET LOCAL set something that ends with the transaction?"""
        return bool(self._local)


def _time(name: str, value: str) -> str:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?", value)
    if match is None:
        raise PgError("22023", f'invalid value for parameter "{name}": "{value}"')
    amount = round(float(match[1]) * _UNITS[match[2] or ""])
    for unit in ("d", "h", "min", "s"):
        if amount and amount % _UNITS[unit] == 0:
            return f"{int(amount // _UNITS[unit])}{unit}"
    return f"{amount}ms" if amount else "0"


def _zone(value: str) -> str:
    """Return the name of a time zone as SET takes it: hours east by their number, or a name."""
    folded = value.strip()
    if folded.lower() in ("utc", "z", "default", "local"):
        return "UTC"
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", folded) is not None:
        return moments.fixed(timedelta(hours=float(folded)))
    moments.zone(folded, posix=True)
    return folded
