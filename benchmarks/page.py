"""All ratios that were last measured, made from benchmarks/results/: the table of README.md, and the site's with bars.

python -m benchmarks.core --json benchmarks/results/core.json    measure
python -m benchmarks.page                                        write the table in README.md anew
"""

from __future__ import annotations

import json
import re
from html import escape
from math import log10
from pathlib import Path
from typing import Any, NamedTuple

from .report import SCALE

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- made by benchmarks.page -->", "<!-- end of what is made -->"
MADE = re.compile(f"{re.escape(BEGIN)}\n.*?{re.escape(END)}", re.DOTALL)
WIDTH, MIDDLE = 240, 120  # of a bar's field in pixels; ratio 1 stands in the middle
DECADES = 2.0  # from the middle to an end: a hundred times


class Ratio(NamedTuple):
    """One line of the table."""

    work: str
    peer: str
    ratio: float
    target: str
    verdict: str  # met, missed, or "" without a target

    def figure(self) -> str:
        """Return the ratio, with a third digit where two would hide that it is missed."""
        short = f"{self.ratio:.2f}"
        return (
            f"{self.ratio:.3f}"
            if self.ratio < 0.01 or (self.verdict == "missed" and short == self.target)
            else short
        )


class Measurement(NamedTuple):
    """What one run has measured, with the command that measures it again."""

    command: str
    about: str
    ratios: list[Ratio]


def measurements(folder: Path = RESULTS) -> list[Measurement]:
    """Return what was last measured, one for each file that has ratios."""
    found = (_measurement(file) for file in sorted(folder.glob("*.json")))
    return [each for each in found if each.ratios]


def table(measured: list[Measurement]) -> str:
    """Return where all was measured, and one table of all ratios with their targets and commands."""
    ratios = [(each.command, ratio) for each in measured for ratio in each.ratios]
    verdicts = [ratio.verdict for _, ratio in ratios if ratio.verdict]
    lines = [f"* `{each.command}`: {each.about}" for each in measured]
    lines += ["", f"{len(ratios)} ratios. {verdicts.count('met')} of {len(verdicts)} targets are met."]
    lines += ["", "| command | work | against | ratio | target | |", "|---|---|---|--:|--:|---|"]
    for command, ratio in ratios:
        shown = f"**{ratio.verdict}**" if ratio.verdict == "missed" else ratio.verdict
        module = command.removeprefix("python -m ").partition(" ")[0]
        lines.append(
            f"| `{module}` | {ratio.work} | {ratio.peer} | {ratio.figure()} | {ratio.target} | {shown} |"
        )
    return "\n".join(lines)


def sections(measured: list[Measurement]) -> str:
    """Return a section for each run, with bars."""
    lines = []
    for each in measured:
        lines += [f"### {each.command.removeprefix('python -m ')}", "", each.about, ""]
        lines += ["| work | against | ratio | target | a hundredth ... 1 ... a hundred times |"]
        lines += ["|---|---|--:|--:|---|"]
        for row in each.ratios:
            shown = f"{row.verdict} {_bar(row)}".strip()
            lines.append(f"| {row.work} | {row.peer} | {row.figure()} | {row.target} | {shown} |")
        lines.append("")
    return "\n".join(lines)


def _measurement(file: Path) -> Measurement:
    document = json.loads(file.read_text(encoding="utf-8"))
    about = document["about"]
    # Of an area with several files the names go on behind a _.
    command = about.get("command") or f"python -m benchmarks.{file.stem.partition('_')[0]}"
    stores = (times for store in document.get("stores", ()) for times in store["times"].values())
    return Measurement(
        command,
        f"{document['title']}. {about['date']}, {about['processor']}, {about['cpus']} processors,"
        f" Python {about['python']}, SQLite {about['sqlite']}.",
        [ratio for result in (*document["results"], *stores) if (ratio := _ratio(result))],
    )


def _ratio(result: dict[str, Any]) -> Ratio | None:
    """Return the line of a result; None for one of a shape that has no ratio, and for the peer itself."""
    ratio, contender, peer = (
        result.get("ratio"),
        str(result.get("contender", "")),
        str(result.get("peer", "")),
    )
    if not isinstance(ratio, (int, float)) or ratio <= 0 or contender == peer:
        return None
    work = str(result.get("race") or result.get("load") or result.get("work") or "")
    target, extra, met = result.get("target"), result.get("extra"), result.get("met")
    if extra is not None:  # seconds that it may take longer
        wanted = f"+{extra * SCALE[result['unit']]:.2f} {result['unit']}"
    else:
        wanted = "" if target is None else f"{target:.2f}"
    return Ratio(
        escape(f"{work}, {contender}" if contender else work),
        escape(peer),
        float(ratio),
        wanted,
        "" if met is None else "met" if met else "missed",
    )


def _bar(row: Ratio) -> str:
    """Return a bar from 1 to the ratio on a logarithmic scale, as SVG."""
    end = MIDDLE + max(-1.0, min(1.0, log10(row.ratio) / DECADES)) * MIDDLE
    left, width = min(MIDDLE, end), max(1.0, abs(end - MIDDLE))
    colour = {"met": "#2e7d32", "missed": "#c62828"}.get(row.verdict, "#546e7a")
    return (
        f'<svg width="{WIDTH}" height="12" role="img" aria-label="{row.figure()}">'
        f'<rect x="{left:.1f}" y="2" width="{width:.1f}" height="8" fill="{colour}"/>'
        f'<line x1="{MIDDLE}" y1="0" x2="{MIDDLE}" y2="12" stroke="currentColor"/></svg>'
    )


def renewed(readme: str, made: str) -> str:
    """Return the text of README.md with this in the place of what was made before."""
    return MADE.sub(lambda _: f"{BEGIN}\n{made}\n{END}", readme)


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8"), table(measurements())), encoding="utf-8")
