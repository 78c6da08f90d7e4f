"""The fenced blocks of a document, by the word behind the fence.

``python``   run, in one namespace for the whole document
``output``   what the block before it printed
``pycon``    a session with prompts, run in the same namespace; a title that says "not installed" has it run in a
             Python that finds no plugin
``console``  commands after ``$``, run in a shell, and what they printed
``sh``       commands for the reader alone; never run here

Whatever the language, ``title="path/of/a/file"`` makes the block that file instead, in the folder in which the
document's examples run. ``...`` in anything shown stands for any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sybil import Document, Region
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

from . import running

LANGUAGES = {"python", "output", "pycon", "console", "sh", "sql", "toml", "text"}
_ANY = FencedCodeBlockLexer(r"\S.*", mapping={"language": "info", "source": "source"})


class Block(NamedTuple):
    """One fenced block."""

    language: str
    title: str
    source: str

    @property
    def file(self) -> str:
        """The file that the block is, or "" when it is run or only read."""
        return self.title if "/" in self.title or self.title.endswith((".py", ".toml")) else ""

    @property
    def without_plugins(self) -> bool:
        """Whether it shows a Python in which no plugin is installed."""
        return "not installed" in self.title


def blocks(document: Document) -> Iterable[Region]:
    """Yield every fenced block that names its language, with what is to be done about it: a parser for sybil."""
    for region in _ANY(document):
        language, _, rest = region.lexemes["info"].partition(" ")
        title = re.search(r'title="([^"]*)"', rest)
        block = Block(language, title[1] if title else "", region.lexemes["source"])
        if language == "pycon" and not (block.file or block.without_plugins):
            source = region.lexemes["source"]
            for step in DocTestStringParser(running.session)(source, document.path):
                step.adjust(region, source)
                yield step
            continue
        region.parsed = block
        region.evaluator = running.evaluator(block)
        yield region


def parse(path: Path) -> Document:
    """Return the document with its examples."""
    return Document.parse(str(path), blocks)


def all_blocks(path: Path) -> list[Block]:
    """Return the blocks of a document as they are written, whatever is to be done about them."""
    document = Document(path.read_text(encoding="utf-8"), str(path))
    found = []
    for region in _ANY(document):
        language, _, rest = region.lexemes["info"].partition(" ")
        title = re.search(r'title="([^"]*)"', rest)
        found.append(Block(language, title[1] if title else "", region.lexemes["source"]))
    return found
