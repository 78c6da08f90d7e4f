"""A report for a person: what to run, what it brings, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..tuning.analyzer.results import Judged, Report, Suggestion, SuperfluousIndex
from ._text import shown

_QUERY = 200  # characters of a statement that are shown


def show(
    console: Console, file: Path, report: Report, others: Sequence[str], *, plans: bool, asked: bool
) -> None:
    """Print the report.

    :param others: what stood among the queries and is none
    :param asked: whether there were any queries
    """
    judged = len(report.queries) - len(report.skipped)
    console.print(shown(str(file), "bold"), soft_wrap=True)
    if asked:
        console.print(
            f"{judged} of {_count(len(report.queries), 'statement')} judged in {report.seconds:.1f} s"
        )
    for number, suggestion in enumerate(report.suggestions, 1):
        _suggestion(console, number, suggestion)
    if asked and not report.suggestions:
        console.print(
            "\nNo index would make them noticeably faster." if judged else "\nNothing could be judged."
        )
    _superfluous(console, "Superfluous indexes", report.duplicate_indexes)
    _superfluous(console, "Indexes that none of these statements uses", report.unused_indexes)
    if not asked:
        if not report.duplicate_indexes:
            console.print("\nNo index is superfluous.")
        console.print(
            "\nTo see which indexes are missing, give a file with queries: heliosdb analyze FILE QUERIES"
        )
    if plans and report.queries:
        _plans(console, report.queries)
    skipped = [f"{each.skipped}: {_flat(each.query)}" for each in report.skipped]
    skipped += [f"no query: {_flat(each)}" for each in others]
    _list(console, "Not judged", skipped)
    _list(console, "Notes", report.notes)


def _suggestion(console: Console, number: int, suggestion: Suggestion) -> None:
    factor = (
        f"{suggestion.speedup_factor:,.0f}"
        if suggestion.speedup_factor >= 100
        else f"{suggestion.speedup_factor:g}"
    )
    kind = "measured" if suggestion.measured else "estimated"
    line = Text(f"\n{number}. ")
    line.append(f"{factor} times faster", "bold green" if suggestion.measured else "bold yellow")
    line.append(f", {kind}: {_time(suggestion.before_seconds)} becomes {_time(suggestion.after_seconds)}")
    console.print(line)
    for statement in suggestion.suggested_index.split("; "):
        console.print(Text("   ").append(shown(f"{statement};", "bold")), soft_wrap=True)
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for at, query in enumerate(suggestion.queries):
        grid.add_row("for" if not at else "and", shown(_flat(query)))
    grid.add_row("now", _lines(suggestion.current_plan))
    grid.add_row("then", _lines(suggestion.new_plan))
    grid.add_row(
        "costs",
        f"{_bytes(suggestion.index_bytes)}, and {_time(suggestion.write_seconds)} for each row inserted",
    )
    for name in suggestion.replaces:
        grid.add_row("spares", shown(f"the index {name}"))
    for note in suggestion.notes:
        grid.add_row("note", shown(note))
    console.print(Padding(grid, (0, 0, 0, 3)))


def _superfluous(console: Console, title: str, found: Sequence[SuperfluousIndex]) -> None:
    if not found:
        return
    console.print(f"\n{title}", style="bold")
    for each in found:
        console.print(Text("   ").append(shown(f"{each.drop};")), soft_wrap=True)
        console.print(Padding(shown(f"on {each.table}: {each.reason}", "dim"), (0, 0, 0, 6)))


def _plans(console: Console, queries: Sequence[Judged]) -> None:
    console.print("\nPlans", style="bold")
    table = Table("statement", "runs", "time", "plan")
    for each in queries:
        took = "" if each.trial_seconds is None else _time(each.trial_seconds)
        table.add_row(shown(_flat(each.query)), f"{each.runs:,}", took, _lines(each.plan))
    console.print(table)


def _list(console: Console, title: str, lines: Sequence[str]) -> None:
    if lines:
        console.print(f"\n{title}", style="bold")
        for line in lines:
            console.print(Padding(shown(line), (0, 0, 0, 3)))


def _lines(plan: str) -> Text:
    return Text("\n").join(shown(line) for line in plan.split("\n"))


def _flat(query: str) -> str:
    flat = " ".join(query.split())
    return flat if len(flat) <= _QUERY else f"{flat[: _QUERY - 3]}..."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.2g} us" if seconds < 1e-4 else f"{seconds * 1e6:.0f} us"


def _bytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB" if size >= 2**20 else f"{max(1, round(size / 1024)):,} KiB"
