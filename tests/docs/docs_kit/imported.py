"""Who imports whom: the imports of a module, and those among the modules of a package."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


def modules(folder: Path) -> list[Path]:
    """Return the modules below a folder."""
    return sorted(folder.rglob("*.py"))


def imports(path: Path, *, at_import: bool = False) -> Iterator[str]:
    """Yield the absolute names that a module imports; with at_import, those it imports when it is imported itself."""
    for node in _run(path, at_import=at_import):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def among(package: Path, *, at_import: bool = False) -> dict[str, set[str]]:
    """Return for each module of a package, by its name from there on, the modules of the package that it imports."""
    names = {_dotted(path, package): path for path in modules(package)}
    return {
        name: {
            found if found in names else found.rpartition(".")[0]
            for node in _run(path, at_import=at_import)
            if isinstance(node, ast.ImportFrom) and node.level
            for found in _relative(node, path, package)
        }
        - {name}
        for name, path in names.items()
    }


def between_folders(graph: Mapping[str, set[str]]) -> dict[str, dict[str, set[str]]]:
    """Return for each folder of a package, "" for its own, which of its folders and modules import which others."""
    found: dict[str, dict[str, set[str]]] = {}
    for module, imported in graph.items():
        for each in imported:
            one, other = module.split("."), each.split(".")
            depth = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
            if depth is not None:  # else one of them is the folder of the other
                found.setdefault(".".join(one[:depth]), {}).setdefault(one[depth], set()).add(other[depth])
    return found


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return modules each of which imports the next, and the last the first; none where there are no such ones."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def _run(path: Path, *, at_import: bool) -> Iterator[ast.AST]:
    """Yield the nodes of a module that run, and not only for a type checker; with at_import, when it is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        later = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        types_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if types_only or (at_import and later):
            skipped.update(each for child in getattr(node, "body", []) for each in ast.walk(child))
    return (node for node in ast.walk(tree) if node not in skipped)


def _dotted(path: Path, package: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _relative(node: ast.ImportFrom, path: Path, package: Path) -> Iterator[str]:
    """Yield what a relative import may mean: a module of that name, or a name in the module before the last dot."""
    folder = path.parents[node.level - 1].relative_to(package).parts
    above = [*folder, *(node.module.split(".") if node.module else ())]
    return (".".join([*above, alias.name]) for alias in node.names)
