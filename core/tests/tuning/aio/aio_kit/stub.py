"""Writes aio/_methods.pyi after _typing.pyi: the same methods, to be awaited. Run it when those have changed."""

from __future__ import annotations

import ast
import builtins
from pathlib import Path

import heliosdb_sqlite

PACKAGE = Path(heliosdb_sqlite.__file__).parent
WRITTEN = PACKAGE / "aio" / "_methods.pyi"
_DOC = '''"""What type checkers know of HeliosDB's own plugins on awaited connections. Never imported when a program runs.

The methods of ``heliosdb_sqlite/_typing.pyi``, each of which is awaited here; a test compares the two.
"""'''


def text() -> str:
    """Return what the stub should be; ruff may lay it out differently."""
    source = ast.parse((PACKAGE / "_typing.pyi").read_text(encoding="utf-8"))
    classes = {node.name: node for node in source.body if isinstance(node, ast.ClassDef)}
    kinds = {"ConnectionMethods": "connection", "CursorMethods": "cursor"}
    made = [_awaited(name, kind, classes.get(name)) for name, kind in kinds.items()]
    used = {node.id for each in made for node in ast.walk(each) if isinstance(node, ast.Name)}
    known = {
        alias.name: node.module
        for node in source.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    here = {name for name in used if name not in known and name not in vars(builtins)} - {"Result", "Block"}
    modules = sorted({known[name] for name in used if name in known})
    lines = [
        f"from {module} import {', '.join(sorted(name for name in used if known.get(name) == module))}"
        for module in modules
    ]
    lines += [
        f"from .._typing import {', '.join(sorted(here))}",
        *(["from ._block import Block"] if "Block" in used else []),
        "from ._result import Result",
    ]
    return "\n".join([_DOC, "", *lines, "", *(f"{ast.unparse(each)}\n" for each in made)])


def _awaited(name: str, kind: str, found: ast.ClassDef | None) -> ast.ClassDef:
    doc = ast.parse(f'"""The methods that HeliosDB\'s own plugins bring to every {kind}."""').body
    methods = [node for node in found.body if isinstance(node, ast.FunctionDef)] if found is not None else []
    for method in methods:
        given = ast.unparse(method.returns).replace("AbstractContextManager[", "Block[")
        method.returns = ast.parse(f"Result[{given}]", mode="eval").body
    return ast.ClassDef(
        name=name, bases=[], keywords=[], body=[*doc, *methods], decorator_list=[], type_params=[]
    )


if __name__ == "__main__":
    WRITTEN.write_text(text(), encoding="utf-8")
