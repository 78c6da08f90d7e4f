"""SET, RESET, SHOW and DISCARD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..protocol.errors import PgError
from .portals import Portal
from .settings import REPORTED

if TYPE_CHECKING:
    from .session import Session


class SettingCommands:
    """The part of a session's commands that is about settings."""

    def _set(self: Session, name: str, value: str | None, *, local: bool = False) -> None:  # type: ignore[misc]
        if name == "transaction_isolation" and value is not None:
            self.transaction.set_modes(value.lower())
            return
        if name == "transaction_read_only" and value is not None:
            self.transaction.set_modes("", value.lower() in ("on", "true", "1"))
            return
        told = self.settings.set(name, value, local=local, block=self.transaction.block)
        if name == "default_transaction_isolation":
            level = self.settings.show(name)
            self.transaction.default_isolation = level
        if name == "default_transaction_read_only":
            self.transaction.default_read_only = self.settings.show(name) == "on"
        if told is not None:
            self.told([told])

    def _do_set(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if args["local"] and not self.transaction.block:
            self.notice("SET LOCAL can only be used in transaction blocks", "25P01", "WARNING")
            return "SET"
        value = args["value"]
        if args["name"].lower() == "timezone" and (value or "").lower() == "local":
            value = None  # SET TIME ZONE LOCAL: the one that the session began with
        self._set(args["name"], value, local=args["local"])
        return "SET"

    def _do_reset(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self._set(args["name"], None)
        return "RESET"

    def _do_reset_all(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        for name, value in self.settings.start.items():
            if self.settings.values.get(name) != value and name != "session_authorization":
                self._set(name, None)
        return "RESET"

    def shown(self: Session, name: str) -> str:  # type: ignore[misc]
        """Return a setting as it is now."""
        if name == "transaction_isolation":
            return self.transaction.level
        if name == "transaction_read_only":
            return "on" if self.transaction.is_read_only else "off"
        return self.settings.show(name)

    def _do_show(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if args["name"] == "all":
            self.rows_of_text(("name", "setting", "description"), list(self.settings.rows()), portal)
        else:
            name = args["name"]
            self.rows_of_text((REPORTED.get(name, name),), [(self.shown(name),)], portal)
        return "SHOW"

    def _do_discard(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        what = args["what"]
        if what not in ("all", "plans", "sequences", "temp", "temporary"):
            raise PgError("42601", f'syntax error at or near "{what}"')
        if what == "all":
            if self.transaction.block:
                raise PgError("25001", "DISCARD ALL cannot run inside a transaction block")
            self._do_reset_all({}, None)
            self.statements.clear()
            self.close_portals(keep_held=False)
            self.unlisten("")
            from .own_functions import release_locks

            release_locks(self)
        if what in ("all", "temp", "temporary"):
            for (name,) in self.engine.rows("SELECT name FROM temp.sqlite_master WHERE type = 'table'"):
                quoted = name.replace('"', '""')
                self.engine.run(f'DROP TABLE temp."{quoted}"')
        return f"DISCARD {what.upper()}"
