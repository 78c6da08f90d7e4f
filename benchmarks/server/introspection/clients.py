"""What each client asks about a schema, made to ask it: a list of functions that take the server's URL."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psycopg
import psycopg2.extras
import sqlalchemy as sa
from psycopg.types import TypeInfo
from psycopg.types.composite import CompositeInfo
from psycopg.types.enum import EnumInfo
from sqlalchemy.ext.asyncio import create_async_engine

HERE = Path(__file__).parent
_DESCRIPTIONS = (
    r"\d", r"\d+", r"\d authors", r"\d books", r"\d lines", r"\d recent", r"\d numbers", r"\d books_title_idx",
    r"\d+ authors", r"\d+ books", r"\d+ recent", r"\dt", r"\dt+", r"\dt public.*", r"\di", r"\di+", r"\dv", r"\dv+",
    r"\ds", r"\dn", r"\dn+", r"\l", r"\df", r"\du", r"\du+", r"\dx", r"\dp", r"\dT", r"\db", r"\dd", r"\ddp",
    r"\drds", r"\dE", r"\dm", r"\dD", r"\des", r"\det", r"\dew", r"\deu", r"\dRp", r"\dRs", r"\dy", r"\dX", r"\dP",
    r"\dF public.*", r"\da public.*", r"\do public.*", r"\dc public.*", r"\dO public.*", r"\dL", r"\sv recent",
)  # fmt: skip
_DJANGO = """
import io, sys
from urllib.parse import urlsplit
import django
from django.conf import settings
url = urlsplit(sys.argv[1])
settings.configure(DATABASES={"default": dict(ENGINE="django.db.backends.postgresql", NAME=url.path[1:],
    USER=url.username, PASSWORD=url.password.replace("%20", " "), HOST=url.hostname, PORT=url.port,
    OPTIONS={"sslmode": "disable"})}, INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()
from django.core.management import call_command
call_command("inspectdb", "--include-views", stdout=io.StringIO())
call_command("migrate", verbosity=0)
call_command("inspectdb", "auth_user", stdout=io.StringIO())
call_command("migrate", "auth", "0011", verbosity=0)
call_command("sqlflush", stdout=io.StringIO())
call_command("sqlsequencereset", "auth", stdout=io.StringIO())
"""


def psql(url: str) -> None:
    """Ask psql's descriptions."""
    arguments = ["psql", "-X", url]
    for command in _DESCRIPTIONS:
        arguments += ["-c", command]
    subprocess.run(arguments, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def psycopg_types(url: str) -> None:
    """Look types up by name with psycopg 3 and psycopg2."""
    with psycopg.connect(url, autocommit=True) as connection:
        for kind in (TypeInfo, EnumInfo, CompositeInfo):
            for name in ("numeric", "text", "books", "nothing"):
                kind.fetch(connection, name)
    connection2 = psycopg2.connect(url)
    psycopg2.extras.register_uuid(conn_or_curs=connection2)
    try:
        psycopg2.extras.register_hstore(connection2)
    except psycopg2.ProgrammingError:
        pass  # there is none: that is what was asked
    connection2.close()


def asyncpg_types(url: str) -> None:
    """Have asyncpg look at types that it does not know by itself."""

    async def ask() -> None:
        connection = await asyncpg.connect(url)
        try:
            for name in ("json", "text", "uuid"):
                await connection.set_type_codec(
                    name, encoder=str, decoder=str, schema="pg_catalog", format="text"
                )
            await connection.fetch("SELECT id, tags, about, code FROM books")
            await connection.fetch("SELECT $1::text[], $2::uuid[], $3::int[][]", ["x"], [], [])
            await connection.reload_schema_state()
            await connection.fetch("SELECT oid, relname, relkind FROM pg_class WHERE relname = 'books'")
            await connection.reset()
        finally:
            await connection.close()

    asyncio.run(ask())


def _reflect(connection: sa.Connection) -> None:
    found = sa.inspect(connection)
    sa.MetaData().reflect(connection, views=True)
    for ask in (found.get_schema_names, found.get_table_names, found.get_view_names, found.get_sequence_names,
                found.get_temp_table_names, found.get_materialized_view_names, found.get_enums):  # fmt: skip
        ask()
    found.get_view_definition("recent")
    found.has_table("nothing")
    found.has_sequence("numbers")
    found.has_index("books", "books_title_idx")
    for table in ("authors", "books", "lines"):
        for ask_of in (found.get_columns, found.get_pk_constraint, found.get_foreign_keys, found.get_indexes,
                       found.get_unique_constraints, found.get_check_constraints, found.get_table_comment,
                       found.get_table_options):  # fmt: skip
            ask_of(table)


def sqlalchemy_psycopg(url: str) -> None:
    """Reflect all tables with SQLAlchemy and psycopg."""
    engine = sa.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    with engine.connect() as connection:
        _reflect(connection)
    engine.dispose()


def sqlalchemy_asyncpg(url: str) -> None:
    """Reflect all tables with SQLAlchemy and asyncpg."""

    async def ask() -> None:
        engine = create_async_engine(
            url.replace("postgresql", "postgresql+asyncpg", 1).replace("sslmode", "ssl")
        )
        async with engine.connect() as connection:
            await connection.run_sync(_reflect)
        await engine.dispose()

    asyncio.run(ask())


def django(url: str) -> None:
    """Run Django's inspectdb and migrations."""
    subprocess.run([sys.executable, "-c", _DJANGO, url], check=True)


def jdbc(url: str) -> None:
    """Ask what pgjdbc's DatabaseMetaData asks."""
    java, jar = shutil.which("java"), _jar()
    if java is None or jar is None:
        print("pgjdbc is not here: what it asks is left out", file=sys.stderr)
        return
    parts = urlsplit(url)
    password = (parts.password or "").replace("%20", "+")
    address = f"jdbc:postgresql://{parts.hostname}:{parts.port}{parts.path}?user={parts.username}&password={password}&sslmode=disable"
    subprocess.run([java, "-cp", jar, HERE / "Metadata.java", address], check=True)


def _jar() -> Path | None:
    given = os.environ.get("PGJDBC_JAR")
    places = [Path(given)] if given else [Path("/usr/share/java/postgresql.jar")]
    places += sorted(
        Path.home().glob(".m2/repository/org/postgresql/postgresql/*/postgresql-*.jar"), reverse=True
    )
    return next((each for each in places if each.exists()), None)


def statements(url: str) -> None:
    """Ask what graphical clients ask about each schema, table and column: whole rows of the catalogs."""
    texts = (HERE / "graphical.sql").read_text(encoding="utf-8").split(";\n")
    with psycopg.connect(url, autocommit=True) as connection:
        for text in texts:
            if text.strip():
                connection.pgconn.exec_(text.encode())


CLIENTS: dict[str, Callable[[str], None]] = {
    "psql": psql,
    "psycopg, psycopg2": psycopg_types,
    "asyncpg": asyncpg_types,
    "SQLAlchemy, psycopg": sqlalchemy_psycopg,
    "SQLAlchemy, asyncpg": sqlalchemy_asyncpg,
    "Django": django,
    "pgjdbc": jdbc,
    "graphical clients": statements,
}
