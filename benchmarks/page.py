"""The page of all results: what was last measured, a table and bars for each benchmark, made from benchmarks/results/.

    python -m benchmarks.core --json benchmarks/results/core.json    measure
    python -m benchmarks.page                                        write benchmarks/results/README.md anew

The site has the same page with bars.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from math import log10
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
WIDTH, MIDDLE = 240, 120  # of a bar's field in pixels; ratio 1 stands in the middle
DECADES = 2.0  # from the middle to an end: a hundred times


def markdown(folder: Path = RESULTS, *, bars: bool = True) -> str:
    """Return the page's sections: every target in one table, and then all there is, a section for each file."""
    files = sorted(folder.glob("*.json"))
    sections = (line for file in files for line in _section(file, bars=bars))
    return "\n".join([*_targets(files), *sections])


def _targets(files: list[Path]) -> Iterator[str]:
    """Yield the table of all that has a target, the missed ones marked, with the command that measures it."""
    rows = [(_command(file), *row) for file in files for row in _rows(file) if row[3]]
    met = sum(row[-1] == "met" for row in rows)
    yield "### Every target"
    yield ""
    yield f"{met} of {len(rows)} are met. What is missed, and why, stands on the feature's own page."
    yield ""
    yield "| command | work | against | ratio | target | |"
    yield "|---|---|---|--:|--:|---|"
    for command, work, peer, ratio, target, verdict in rows:
        shown = f"**{verdict}**" if verdict == "missed" else verdict
        narrowly = shown != verdict and f"{ratio:.2f}" == target
        figure = f"{ratio:.3f}" if narrowly else f"{ratio:.2f}"
        yield f"| `{command}` | {work} | {peer} | {figure} | {target} | {shown} |"
    yield ""


def _command(file: Path) -> str:
    """Return what measures it; of an area with several files the names go on behind a _."""
    return f"benchmarks.{file.stem.partition('_')[0]}"


def _rows(file: Path) -> list[tuple[str, str, float, str, str]]:
    results = json.loads(file.read_text(encoding="utf-8"))["results"]
    return [row for row in map(_row, results) if row]


def _section(file: Path, *, bars: bool) -> Iterator[str]:
    document = json.loads(file.read_text(encoding="utf-8"))
    about, results = document["about"], _rows(file)
    if not results:  # it has other figures than ratios, which stand on the feature's page
        return
    yield f"### {file.stem}"
    yield ""
    yield (
        f"`python -m {_command(file)}`: {document['title']}. {about['date']}, {about['processor']},"
        f" {about['cpus']} processors, Python {about['python']}, SQLite {about['sqlite']}."
    )
    yield ""
    yield f"| work | against | ratio | target | {'a hundredth ... 1 ... a hundred times' if bars else ''} |"
    yield "|---|---|--:|--:|---|"
    for work, peer, ratio, target, verdict in results:
        shown = f"{verdict} {_bar(ratio, verdict)}".strip() if bars else verdict
        yield f"| {work} | {peer} | {ratio:.2f} | {target} | {shown} |"
    yield ""


def _row(result: dict[str, Any]) -> tuple[str, str, float, str, str] | None:
    """Return the cells of a result; None for one of a shape that has no ratio."""
    ratio = result.get("ratio")
    if not isinstance(ratio, (int, float)) or ratio <= 0:
        return None
    work = result.get("race") or result.get("load") or result.get("work") or ""
    target = result.get("target")
    verdict = {True: "met", False: "missed"}.get(result.get("met"), "")  # type: ignore[arg-type]
    contender = result.get("contender", "")
    return (
        f"{escape(str(work))}" + (f", {escape(str(contender))}" if contender else ""),
        escape(str(result.get("peer", ""))),
        float(ratio),
        "" if target is None else f"{target:.2f}",
        verdict,
    )


def _bar(ratio: float, verdict: str) -> str:
    """Return a bar from 1 to the ratio on a logarithmic scale, as SVG."""
    end = MIDDLE + max(-1.0, min(1.0, log10(ratio) / DECADES)) * MIDDLE
    left, width = min(MIDDLE, end), max(1.0, abs(end - MIDDLE))
    colour = {"met": "#2e7d32", "missed": "#c62828"}.get(verdict, "#546e7a")
    return (
        f'<svg width="{WIDTH}" height="12" role="img" aria-label="{ratio:.2f}">'
        f'<rect x="{left:.1f}" y="2" width="{width:.1f}" height="8" fill="{colour}"/>'
        f'<line x1="{MIDDLE}" y1="0" x2="{MIDDLE}" y2="12" stroke="currentColor"/></svg>'
    )


def plain() -> str:
    """Return the page as it stands in the repository."""
    return f"{_HEAD}\n{markdown(bars=False).rstrip()}\n"


_HEAD = """# Results

What was last measured, as ratios of HeliosDB to the peer: below 1 HeliosDB takes less. Made from the JSON files beside
this page by `python -m benchmarks.page`. A ratio without a target is there to know, not to reach.
"""

if __name__ == "__main__":
    (RESULTS / "README.md").write_text(plain(), encoding="utf-8")
