"""``heliosdb analyze``: a database's queries judged on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import click
from rich.console import Console

from ..plugins import key_options
from ..tuning.analyzer.judging.analysis import Limits
from ..tuning.analyzer.judging.analysis import analyze as judge
from ..tuning.analyzer.recording.queries_file import read_queries
from ..tuning.analyzer.recording.workload import Workload
from ..tuning.analyzer.results import Report
from ..tuning.analyzer.schema.reader import Reader
from ._analyze_report import show
from ._reading import read_header, read_only

_FOUND = 3  # the exit code of --check


@click.command(short_help="Find the indexes that would speed queries up.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("queries", required=False, type=click.File(encoding="utf-8"))
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="How long it may take, roughly.",
)
@click.option(
    "--megabytes",
    type=click.FloatRange(min=0, min_open=True),
    default=256.0,
    show_default=True,
    help="How much of the tables may be copied into memory.",
)
@click.option("--plans", is_flag=True, help="Show how SQLite runs each statement.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--check", is_flag=True, help="Exit with code 3 if there is anything to improve.")
@key_options
@click.option("--ask-key", is_flag=True, help="Ask for the key of an encrypted database.")
def analyze(
    file: Path,
    queries: IO[str] | None,
    seconds: float,
    megabytes: float,
    plans: bool,
    as_json: bool,
    check: bool,
    encryption_key: str | bytes | None,
    ask_key: bool,
) -> None:
    """Find the indexes that would speed QUERIES up in the database FILE, and those it doesn't need.

    QUERIES is a file with SQL statements, - for standard input. They run on a copy of the tables in memory; FILE is
    only read. Without QUERIES only indexes that others make superfluous are found.

    Comments before a statement give its parameters, as JSON, and how often it runs:

    \b
        -- params: ["2024-01-01"]
        -- runs: 1000
        SELECT * FROM users WHERE created_at > ?;
    """  # noqa: D301 - click looks for the character, not for a backslash
    if encryption_key is not None and ask_key:
        raise click.UsageError("give the key in one way: a variable, a file or --ask-key")
    others: list[str] = []
    workload = Workload()
    if queries is not None:
        try:
            text = queries.read()
        except UnicodeDecodeError as error:
            raise click.ClickException(f"{queries.name}: not UTF-8: {error}") from None
        workload, others = read_queries(text, queries.name)
    if ask_key:
        encryption_key = click.prompt("key", hide_input=True, err=True, type=str)
    console, progress = Console(), Console(stderr=True)
    with _opened(file, encryption_key) as reader, progress.status("reading") as status:
        report = judge(reader, workload, Limits(seconds, megabytes), status.update)
    if as_json:
        click.echo(json.dumps({"file": str(file), **report.as_json()}, indent=2))
    else:
        show(console, file, report, others, plans=plans, asked=queries is not None)
    if check and _improvable(report):
        raise SystemExit(_FOUND)


def _improvable(report: Report) -> bool:
    return bool(report.suggestions or report.duplicate_indexes)


@contextmanager
def _opened(file: Path, key: str | bytes | None) -> Iterator[Reader]:
    if key is not None:
        from .. import connect

        with closing(connect(file, encryption_key=key)) as connection:
            yield Reader.past_hooks(connection)
        return
    header = read_header(file)
    with read_only(file, header) as plain:
        plain.text_factory = str
        yield Reader.plain(plain)
