"""The command ``heliosdb``. It needs the extra ``cli``, which a program that only imports HeliosDB does not."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; say what to install where its libraries are missing."""
    try:
        import click  # noqa: F401
        import rich  # noqa: F401
    except ImportError as error:
        sys.exit(f"the command heliosdb needs the package {error.name}: pip install 'heliosdb[cli]'")
    from .app import build

    build()(prog_name="heliosdb")
