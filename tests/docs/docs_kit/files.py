"""Which files are documentation, and where their names come from."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
DISTRIBUTIONS = [ROOT / "core", *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]
DISTRIBUTIONS += sorted(path.parent for path in ROOT.glob("integrations/*/pyproject.toml"))

RUN = [ROOT / "README.md", *PAGES, *(folder / "README.md" for folder in DISTRIBUTIONS)]
"""The documents whose examples are run."""

LINKED = [*RUN, ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md"]
LINKED += [folder / "CHANGELOG.md" for folder in DISTRIBUTIONS]
LINKED += sorted(ROOT.glob("examples/*/README.md"))
"""The documents whose links must lead somewhere."""


def name(path: Path) -> str:
    """Return the path as it is written in the repository, for a test's id and its message."""
    return path.relative_to(ROOT).as_posix()


def section(text: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of its level or above; "" when there is none."""
    lines = text.splitlines()
    if heading not in lines:
        return ""
    marks = len(heading) - len(heading.lstrip("#"))
    start = lines.index(heading) + 1
    fenced = False
    for at, line in enumerate(lines[start:], start):
        fenced ^= line.lstrip().startswith("```")
        if not fenced and line.startswith("#") and len(line) - len(line.lstrip("#")) <= marks:
            return "\n".join(lines[start:at])
    return "\n".join(lines[start:])
