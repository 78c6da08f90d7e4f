"""Alembic's migrations tried on a branch: the database changes when all of them went well, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, make_url

if TYPE_CHECKING:
    from alembic.config import Config

    from heliosdb_branching import MergeReport


def upgrade_on_branch(
    config: Config,
    revision: str = "head",
    *,
    branch: str = "alembic",
    check: Callable[[Any], object] | None = None,
    connect_args: dict[str, Any] | None = None,
) -> MergeReport:
    """Run ``alembic upgrade`` on a new branch of the database, merge it, delete it, and return what the merge did.

    The database is the one that ``sqlalchemy.url`` names, a ``heliosdb:///`` URL, and ``env.py`` has to read it from
    there, as Alembic's templates do. When a migration fails, when ``check`` raises, or when the merge meets a conflict
    with what others wrote meanwhile, the database is as it was, and the branch stays for a look:
    ``connect(..., branch="alembic")``.

    :param check: called with a connection to the branch after the migrations; raises when they did harm
    :param connect_args: for the connection that makes and merges the branch, such as ``encryption_key``
    :raises MergeConflict: rows were changed on both sides
    :raises CommandError: the configuration names no database, or ``env.py`` went to another one than it names
    """
    from alembic import command
    from alembic.util import CommandError

    written = config.get_main_option("sqlalchemy.url")
    if not written:
        raise CommandError("the configuration has no sqlalchemy.url: which database?")
    url = make_url(written)
    on_branch = url.update_query_dict({"branch": branch})
    with _driver_connection(url, connect_args) as main:
        before = _revisions(main)
        main.create_branch(branch)
    config.set_main_option("sqlalchemy.url", _escaped(on_branch.render_as_string(hide_password=False)))
    try:
        command.upgrade(config, revision)
    finally:
        config.set_main_option("sqlalchemy.url", _escaped(written))
    if check is not None:
        with _driver_connection(on_branch, connect_args) as migrated:
            check(migrated)
    with _driver_connection(url, connect_args) as main:
        if _revisions(main) != before:
            raise CommandError(
                f"the migrations ran on the database itself and not on its branch {branch!r}:"
                " env.py has to connect to the sqlalchemy.url of its config"
            )
        report: MergeReport = main.merge_branch(branch)
        main.delete_branch(branch)
    return report


@contextmanager
def _driver_connection(url: Any, connect_args: dict[str, Any] | None) -> Iterator[Any]:
    engine = create_engine(url, connect_args=connect_args or {})
    connection = engine.raw_connection()
    try:
        yield connection.driver_connection
    finally:
        connection.close()
        engine.dispose()


def _revisions(connection: Any) -> list[Any]:
    """Return the revisions that a database says it has: none before its first migration."""
    try:
        found: list[Any] = connection.execute("SELECT version_num FROM alembic_version ORDER BY 1").fetchall()
    except sqlite3.OperationalError:
        return []
    return found


def _escaped(text: str) -> str:
    return text.replace("%", "%%")  # a file of settings takes % for the beginning of a name
