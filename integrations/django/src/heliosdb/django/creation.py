"""Databases for tests: in memory, as Django's are, and in a file where an option needs one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import creation


class DatabaseCreation(creation.DatabaseCreation):
    """Makes the database that ``manage.py test`` uses."""

    _branch: str | None = None

    def _create_test_db(self, *args: Any, **kwargs: Any) -> Any:
        """Make a new database: it has no branches, so the one that ``OPTIONS`` name is left out."""
        options = self.connection.settings_dict["OPTIONS"]
        self._branch = options.pop("branch", None)
        return super()._create_test_db(*args, **kwargs)

    def destroy_test_db(self, *args: Any, **kwargs: Any) -> None:
        """Take the database away again."""
        super().destroy_test_db(*args, **kwargs)
        if self._branch is not None and kwargs.get("suffix") is None:
            self.connection.settings_dict["OPTIONS"]["branch"] = self._branch

    def _get_test_db_name(self) -> Any:
        name = super()._get_test_db_name()
        settings = self.connection.settings_dict
        if not settings["OPTIONS"].get("encryption_key") or not self.is_in_memory_db(name):
            return name
        # In memory, the threads of a test share a cache, which an encrypted database has not.
        kept = settings["NAME"] or ":memory:"
        file = Path(f"{self.connection.alias}.sqlite3" if self.is_in_memory_db(kept) else kept)
        return str(file.with_name(f"test_{file.name}"))
