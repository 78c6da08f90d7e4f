"""``heliosdb encrypt``, ``decrypt``, ``rekey``: keys come from a prompt, a variable or a file, not from arguments."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

import heliosdb_sqlite
from heliosdb_sqlite.plugins import key_from_environment, key_from_file

from .converting import decrypt_file, encrypt_file

if TYPE_CHECKING:
    import click


def add_to(cli: click.Group) -> None:
    """Add the three commands to ``heliosdb``."""
    import click

    def key_options(prefix: str, what: str) -> Callable[[Any], Any]:
        def add(function: Any) -> Any:
            flag, name = f"--{prefix}key-file", f"{prefix.replace('-', '_')}key_file"
            function = click.option(
                flag,
                name,
                type=click.Path(exists=True, dir_okay=False),
                help=f"{what}: a file with 32 bytes, or 64 hex digits.",
            )(function)
            flag, name = f"--{prefix}key-env", f"{prefix.replace('-', '_')}key_env"
            return click.option(
                flag, name, metavar="NAME", help=f"{what}: a passphrase in an environment variable."
            )(function)

        return add

    file = click.argument("file", type=click.Path(exists=True, dir_okay=False))
    verify = click.option(
        "--verify/--no-verify", default=True, show_default=True, help="Compare every row with the original."
    )

    @cli.command()
    @key_options("", "The key")
    @verify
    @file
    def encrypt(file: str, key_env: str | None, key_file: str | None, verify: bool) -> None:
        """Encrypt a plain database FILE in its place. Asks for a passphrase, unless it is told where the key is.

        \b
            heliosdb encrypt notes.db
            DB_KEY=... heliosdb encrypt --key-env DB_KEY notes.db
        """  # noqa: D301 - click looks for the character
        key = _key("Passphrase", key_env, key_file, new=True)
        encrypt_file(file, key, verify=verify, progress=_progress())
        click.echo(f"{file} is encrypted")

    @cli.command()
    @key_options("", "The key")
    @verify
    @file
    def decrypt(file: str, key_env: str | None, key_file: str | None, verify: bool) -> None:
        """Make an encrypted database FILE a plain one, in its place. Asks for the passphrase, as encrypt does."""
        key = _key("Passphrase", key_env, key_file)
        decrypt_file(file, key, verify=verify, progress=_progress())
        click.echo(f"{file} is a plain database")

    @cli.command()
    @key_options("", "The key it has")
    @key_options("new-", "The new key")
    @click.option("--full", is_flag=True, help="Write every page anew, under a new data key.")
    @file
    def rekey(
        file: str,
        key_env: str | None,
        key_file: str | None,
        new_key_env: str | None,
        new_key_file: str | None,
        full: bool,
    ) -> None:
        """Give an encrypted database FILE another key."""
        key = _key("Passphrase", key_env, key_file)
        with closing(heliosdb_sqlite.connect(file, encryption_key=key)) as connection:
            new = _key("New passphrase", new_key_env, new_key_file, new=True)
            from .rekeying import rekey

            report = _progress()
            rekey(
                connection,
                new,
                full=full,
                progress=(lambda _, left, total: report("sealing", total - left, total))
                if report and full
                else None,
            )
        click.echo(f"{file} has a new key")


def _key(what: str, variable: str | None, path: str | None, *, new: bool = False) -> Any:
    """Return the key that the options name, or ask for a passphrase."""
    import click

    if variable is not None and path is not None:
        raise click.UsageError("give the key in one way: a variable or a file")
    if variable is not None:
        return key_from_environment(variable)
    if path is not None:
        return key_from_file(path)
    return click.prompt(what, hide_input=True, confirmation_prompt=new)


def _progress() -> Callable[[str, int, int], None] | None:
    """Return what draws progress on a terminal; None where there is none."""
    if not sys.stderr.isatty():
        return None

    def report(what: str, done: int, total: int) -> None:
        share = 100 * done // total if total else 100
        sys.stderr.write(f"\r{what} {share:3} %" + ("\n" if share == 100 else ""))
        sys.stderr.flush()

    return report
