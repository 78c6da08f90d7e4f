"""Plugins by which a program can tell heliosdb_sqlite from sqlite3, each in a way of its own; and one by which not."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from heliosdb_sqlite.plugins import Plugin, hookimpl, run


class LouderOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    loud: bool = False


class Quiet(Plugin):
    """Watches, and changes nothing."""

    @hookimpl
    def heliosdb_options(self):
        return LouderOptions

    @hookimpl
    def heliosdb_parse(self, connection, statement):
        return None


class Everywhere(Quiet):
    """Is on where nobody asked for it."""

    @hookimpl
    def heliosdb_active(self, options):
        return True


class WrongRows(Quiet):
    """Turns the columns of two-column rows round."""

    @hookimpl
    def heliosdb_row(self, connection, statement):
        return lambda row: row[::-1] if len(row) == 2 else row


class Writes(Quiet):
    """Leaves a table of its own in every database."""

    @hookimpl
    def heliosdb_close(self, connection):
        run(connection, "CREATE TABLE IF NOT EXISTS mine (a)")


class AllWrong(Everywhere, Writes):
    """Both of it."""


class Refuses(Quiet):
    """Fails when asked to be loud."""

    @hookimpl
    def heliosdb_connect(self, connection, options):
        if options.loud:
            raise ValueError("too loud")


class MayRefuse(Quiet):
    """Could refuse each commit, and refuses none."""

    @hookimpl
    def heliosdb_before_commit(self, connection):
        pass


quiet, everywhere, wrong_rows, writes = Quiet(), Everywhere(), WrongRows(), Writes()
all_wrong, refuses, may_refuse = AllWrong(), Refuses(), MayRefuse()
