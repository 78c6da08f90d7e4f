"""Branches of a SQLite database for HeliosDB. Opened by ``connect(..., branch="name")``."""

from __future__ import annotations

from .comparing.diff import BranchDiff, RowChange, TableDiff
from .errors import Conflict, MergeConflict
from .results import Branch, MergeReport, TableChanges, UndoReport

__all__ = [
    "Branch",
    "BranchDiff",
    "Conflict",
    "MergeConflict",
    "MergeReport",
    "RowChange",
    "TableChanges",
    "TableDiff",
    "UndoReport",
]
__version__ = "0.1.0"
