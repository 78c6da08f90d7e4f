"""``manage.py branch``: branches of the database, and migrations that run on one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections


class Command(BaseCommand):
    """Lists, makes, merges and deletes branches."""

    help = "Branches of the database; `migrate` runs the migrations on a new one and merges it when all went well."

    def add_arguments(self, parser: Any) -> None:
        """Declare the arguments."""
        parser.add_argument("action", choices=["list", "create", "merge", "undo", "delete", "migrate"])
        parser.add_argument("name", nargs="?", help="the branch")
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help="the database, by its name in DATABASES"
        )
        parser.add_argument(
            "--strategy", default="abort", choices=["abort", "ours", "theirs"], help="for conflicts"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="merge: say what it would do, and do nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it.

        :raises CommandError: it could not be done; the database is as it was
        """
        action, name = options["action"], options["name"]
        if action != "list" and not name:
            raise CommandError(f"manage.py branch {action} NAME: which branch?")
        wrapper = connections[options["database"]]
        wrapper.ensure_connection()
        main: Any = wrapper.connection
        if not hasattr(main, "create_branch"):
            raise CommandError(
                f"the database {options['database']!r} has no branches: its ENGINE has to be 'heliosdb.django',"
                " and heliosdb-branching to be installed"
            )
        try:
            getattr(self, f"_{action}")(main, name, options)
        except (DatabaseError, main.Error) as error:
            raise CommandError(str(error)) from error

    def _list(self, main: Any, name: str | None, options: dict[str, Any]) -> None:
        for branch in main.list_branches():
            self.stdout.write(branch.name)

    def _create(self, main: Any, name: str, options: dict[str, Any]) -> None:
        main.create_branch(name)
        self.stdout.write(f"created {name}; its database has OPTIONS = {{'branch': {name!r}}}")

    def _merge(self, main: Any, name: str, options: dict[str, Any]) -> None:
        report = main.merge_branch(name, strategy=options["strategy"], dry_run=options["dry_run"])
        self.stdout.write(f"{'would merge' if options['dry_run'] else 'merged'} {name} into {report.into}")
        self._show(report)
        for conflict in report.conflicts:
            self.stdout.write(f"  conflict: {conflict}")

    def _undo(self, main: Any, name: str, options: dict[str, Any]) -> None:
        report = main.undo_merge(name)
        self.stdout.write(f"took back the merge of {name}")
        self._show(report)

    def _show(self, report: Any) -> None:
        """Write what became of the schema and of each table's rows."""
        for words in report.schema:
            self.stdout.write(f"  {words}")
        for table, rows in report.tables.items():
            self.stdout.write(
                f"  {table}: {rows.added} added, {rows.changed} changed, {rows.removed} removed"
            )

    def _delete(self, main: Any, name: str, options: dict[str, Any]) -> None:
        main.delete_branch(name)
        self.stdout.write(f"deleted {name}")

    def _migrate(self, main: Any, name: str, options: dict[str, Any]) -> None:
        """Run the migrations on a new branch; merge and delete it, or leave it for a look when something fails."""
        wrapper = connections[options["database"]]
        main.create_branch(name)
        try:
            with _on_branch(wrapper, name):
                call_command(
                    "migrate",
                    database=options["database"],
                    verbosity=options["verbosity"],
                    stdout=self.stdout._out,  # itself, it would end each piece of a line
                )
        except Exception:
            self.stderr.write(f"the database is as it was; what went wrong is on the branch {name!r}")
            raise
        wrapper.ensure_connection()
        self._merge(wrapper.connection, name, {**options, "dry_run": False})
        self._delete(wrapper.connection, name, options)


@contextmanager
def _on_branch(wrapper: Any, name: str) -> Iterator[None]:
    """Have all that goes to a database go to its branch; routers and migrations see the name that they know."""
    whole = wrapper.settings_dict["OPTIONS"]
    wrapper.close()
    wrapper.settings_dict["OPTIONS"] = {**whole, "branch": name}
    try:
        yield
    finally:
        wrapper.close()
        wrapper.settings_dict["OPTIONS"] = whole
