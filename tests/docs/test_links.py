"""Every link inside the repository leads to a file, and to a heading in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs_kit.files import DOCS, LINKED, PAGES, ROOT, name

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    """The text of a document without its blocks and its code."""
    return re.sub(r"`[^`\n]+`", "code", _FENCED.sub("", path.read_text(encoding="utf-8")))


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and mkdocs make them."""
    text = _FENCED.sub("", path.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", title.replace("`", "")).strip().lower().replace(" ", "-") for title in titles
    }


@pytest.mark.parametrize("path", LINKED, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in _LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", link):
            assert link.startswith("https://"), link
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{link}: there is no {file}"
        assert target.is_relative_to(ROOT), f"{link} leads out of the repository"
        if anchor:
            assert anchor in anchors(target), f"{link}: {name(target)} has no such heading"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_page_is_reached_from_another(path: Path) -> None:
    if path == DOCS / "index.md":
        return
    reached = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in (ROOT / "README.md", *PAGES)
        if page != path
        for link in _LINK.findall(prose(page))
    }
    assert path in reached
