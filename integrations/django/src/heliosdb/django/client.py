"""``manage.py dbshell``: the shell of SQLite, on the file that the connections have."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.db.backends.sqlite3 import client


class DatabaseClient(client.DatabaseClient):
    """Starts ``sqlite3``."""

    def runshell(self, parameters: Any) -> None:
        """Run it until it ends, on a branch where ``OPTIONS`` name one.

        :raises CommandError: the database is encrypted, and SQLite's shell has no keys
        """
        settings = self.connection.settings_dict
        options = settings["OPTIONS"]
        if options.get("encryption_key"):
            raise CommandError(
                f"{settings['NAME']} is encrypted, and the shell of SQLite can't open it:"
                " use `manage.py shell` and connection.cursor(), or a copy that `heliosdb decrypt` has made plain"
            )
        if options.get("branch") is None:
            super().runshell(parameters)
            return
        with self.connection.cursor() as cursor:
            main = cursor.execute("PRAGMA database_list").fetchone()
        self.connection.close()
        try:
            self.connection.settings_dict = {**settings, "NAME": main[2]}
            super().runshell(parameters)
        finally:
            self.connection.settings_dict = settings
