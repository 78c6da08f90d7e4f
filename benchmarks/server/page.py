"""Writes the figures of docs/server.md anew, from one run's results.

python -m benchmarks.server --json benchmarks/results/server.json    measure: some five minutes
python -m benchmarks.server.page                                     write the table
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS, PAGE = ROOT / "benchmarks/results/server.json", ROOT / "docs/server.md"
BEGIN, END = "<!-- figures of benchmarks.server -->", "<!-- end of the figures -->"
_SCALE = {"us": 1e6, "ms": 1e3}


def table(document: dict[str, Any]) -> str:
    """Return what the page says of a run: where it was, and a row for each work."""
    about, results = document["about"], document["results"]
    where = (
        f"One run of `python -m benchmarks.server` of {about['date']}, {results[0]['rounds']} rounds in which both take"
        f" turns, against {results[0]['peer']} with its defaults, on loopback: {about['processor']}, {about['cpus']}"
        f" processors for servers and clients together, Python {about['python']}, SQLite {about['sqlite']}. The ratio"
        " is the server's time divided by PostgreSQL's: below 1 it is the faster one. The range is that of the middle"
        " eight tenths of the rounds; the last column is what the ratio is meant to be at most."
    )
    head = "| work | PostgreSQL | here | ratio | range | aim |"
    lines = [textwrap.fill(where, 120, break_on_hyphens=False), "", head, "|---|--:|--:|--:|---|--:|"]
    for result in results:
        scale, unit = _SCALE[result["unit"]], result["unit"]
        target = "" if result["target"] is None else f"{result['target']:.2f}"
        theirs, own = (f"{result[each] * scale:,.1f} {unit}" for each in ("peer_seconds", "seconds"))
        spread = f"{result['low']:.2f} to {result['high']:.2f}"
        lines.append(f"| {result['race']} | {theirs} | {own} | {result['ratio']:.2f} | {spread} | {target} |")
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    made = table(json.loads(RESULTS.read_text(encoding="utf-8")))
    text = PAGE.read_text(encoding="utf-8")
    found = re.compile(f"{re.escape(BEGIN)}\n.*?{re.escape(END)}", re.DOTALL)
    if found.search(text) is None:
        raise SystemExit(f"{PAGE.name} has no {BEGIN}")
    PAGE.write_text(found.sub(lambda _: f"{BEGIN}\n{made}\n{END}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
