"""``heliosdb serve`` and ``heliosdb user``."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any, cast

import click

from heliosdb_sqlite.plugins import key_options

from .auth.users import Users, users_file


def add(cli: click.Group) -> None:
    """Add the commands to the command ``heliosdb``."""
    cli.add_command(serve)
    cli.add_command(user)


@click.command(short_help="Serve a database to PostgreSQL's clients.")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=5432,
    show_default=True,
    help="The port to listen on; 0 for any that is free.",
)
@click.option("--max-connections", default=100, show_default=True, help="Clients at a time.")
@click.option("--connection-timeout", default=30.0, show_default=True, help="Seconds that a login may take.")
@click.option(
    "--ssl-cert", type=click.Path(exists=True, dir_okay=False), help="The server's certificate: TLS only."
)
@click.option("--ssl-key", type=click.Path(exists=True, dir_okay=False), help="The certificate's key.")
@click.option(
    "--ssl-ca", type=click.Path(exists=True, dir_okay=False), help="What signs the clients' certificates."
)
@click.option(
    "--auth",
    type=click.Choice(["trust", "password", "certificate"]),
    help="How clients show who they are: by a password where there are users, else not at all.",
)
@click.option(
    "--allow",
    multiple=True,
    metavar="NETWORK",
    help="A network whose clients may connect; repeat it for more.",
)
@click.option("--branch", help="The branch to serve.")
@key_options
@click.option("--vectors/--no-vectors", default=False, show_default=True, help="Switch vector search on.")
@click.option(
    "--time-travel/--no-time-travel", default=False, show_default=True, help="Switch time travel on."
)
@click.option(
    "--wal/--no-wal",
    default=True,
    show_default=True,
    help="Switch the write-ahead log on, or leave the journal as it is.",
)
@click.option(
    "--drain", default=10.0, show_default=True, help="Seconds that running statements get at the end."
)
def serve(
    file: str, host: str, port: int, max_connections: int, connection_timeout: float, ssl_cert: str | None,
    ssl_key: str | None, ssl_ca: str | None, auth: str | None, allow: tuple[str, ...], branch: str | None,
    encryption_key: Any, vectors: bool, time_travel: bool, wal: bool, drain: float,
) -> None:  # fmt: skip
    """Serve the database FILE to PostgreSQL's clients, until Ctrl-C or SIGTERM.

    Running statements are let end; then the server stops. FILE is made if it is not there.

    \b
        heliosdb serve app.db
        psql -h localhost -U helios app
    """  # noqa: D301 - click looks for the character
    from .server import start_server

    options: dict[str, Any] = {}
    if branch is not None:
        options["branch"] = branch
    if vectors:
        options["enable_vector_search"] = True
    if time_travel:
        options["enable_time_travel"] = True
    if encryption_key is not None:
        options["encryption_key"] = encryption_key
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), end)
    server = start_server(
        file, host, port, max_connections=max_connections, connection_timeout=connection_timeout,
        enable_ssl=ssl_cert is not None, ssl_cert=ssl_cert, ssl_key=ssl_key, ssl_ca=ssl_ca,
        auth_method=cast("Any", auth), allowed_ips=allow or None, wal=wal, **options,
    )  # fmt: skip
    click.echo(f"serving {file} at {server.url}")
    live = sys.stdout.isatty()
    while not ended.wait(
        1.0
    ):  # a thread that starts another may get the signal, of which this one then hears here
        if live:
            status = server.get_status()
            click.echo(
                f"\r{status.active_connections} connections, {status.running_queries} running, "
                f"{status.total_queries} queries, up {int(status.uptime_seconds)} s ",
                nl=False,
            )
    click.echo("\nstopping: no new clients, running statements end" if live else "stopping")
    server.stop(drain)


@click.group(short_help="Say who may log in to the server.")
def user() -> None:
    """Who may log in to the server of a database. The users are kept beside it, in FILE-users, without passwords."""


@user.command("add", short_help="Add a user, or change a password.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.argument("name")
@click.password_option(
    help="The password. Other users of the machine can see it here; without it, it is asked for."
)
def add_user(file: str, name: str, password: str) -> None:
    """Add the user NAME to the server of the database FILE, or change the user's password."""
    Users(users_file(file)).add(name, password)
    click.echo(f"{name} may log in; a running server has to be started again")


@user.command("remove", short_help="Remove a user.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.argument("name")
def remove_user(file: str, name: str) -> None:
    """Remove the user NAME from the server of the database FILE."""
    Users(users_file(file)).remove(name)
    click.echo(f"{name} is removed; a running server has to be started again")


@user.command("list", short_help="List the users.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def list_users(file: str) -> None:
    """List the users of the server of the database FILE."""
    names = sorted(Users(users_file(file)).names())
    for name in names:
        click.echo(name)
    if not names:
        click.echo(f"no users yet: heliosdb user add {file} NAME adds one", err=True)
