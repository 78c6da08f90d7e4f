"""mkdocs: files of the repository that docs/ links to become pages of the site, so that the links lead somewhere.

Links are written as they work in the checkout, ``../CONTRIBUTING.md``; on the site they point to the page. A link from
such a file to something that is no page of the site becomes plain text there.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.page import measurements, renewed, sections  # noqa: E402 - found by the line above

PLUGINS = ("vector", "timetravel", "branching", "crypto", "server")
INTEGRATIONS = ("sqlalchemy", "django")
PAGES = {
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "benchmarks.md",
    "examples/plugin/README.md": "plugins/example.md",
    "core/CHANGELOG.md": "changes/heliosdb.md",
    **{f"plugins/{name}/CHANGELOG.md": f"changes/{name}.md" for name in PLUGINS},
    **{f"integrations/{name}/CHANGELOG.md": f"changes/{name}.md" for name in INTEGRATIONS},
}
SOURCES = {page: source for source, page in PAGES.items()}


def on_files(files: Files, config: Any) -> Files:
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    uri = page.file.src_uri
    if uri == "benchmarks.md":
        markdown = renewed(markdown, sections(measurements()))  # with bars
    folder = posixpath.dirname(SOURCES.get(uri, f"docs/{uri}"))  # in the repository
    here = posixpath.dirname(uri)  # on the site

    def replace(match: re.Match[str]) -> str:
        text, link, anchor = match.groups()
        target = posixpath.normpath(posixpath.join(folder, link))
        if target in PAGES:
            return f"[{text}]({posixpath.relpath(PAGES[target], here or '.')}{anchor or ''})"
        if uri not in SOURCES:
            return match[0]  # mkdocs looks at it
        if target.startswith("docs/"):
            return f"[{text}]({posixpath.relpath(target[5:], here or '.')}{anchor or ''})"
        return text

    return re.sub(r"\[([^\]]*)\]\((?![a-z]+:)([^)#\s]+)(#[^)\s]*)?\)", replace, markdown)
