"""What type checkers know of HeliosDB's own plugins on these connections. Never imported when a program runs.

As ``heliosdb_sqlite/_typing.pyi``, but that all is awaited; a test compares the two.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from .._typing import Branch, BranchDiff, Moment, ServerInfo
from ._result import Result

class ConnectionMethods:
    """The methods that HeliosDB's own plugins bring to every connection."""

    # branching
    def create_branch(
        self, name: str, from_branch: str = "main", as_of: Moment | None = None
    ) -> Result[Branch]: ...
    def merge_branch(
        self,
        name: str,
        into: str = "main",
        strategy: Literal["abort", "ours", "theirs"] | Callable[..., Any] = "abort",
        dry_run: bool = False,
    ) -> Result[Any]: ...
    def delete_branch(self, name: str) -> Result[None]: ...
    def list_branches(self) -> Result[Sequence[Branch]]: ...
    def get_branch_info(self, name: str) -> Result[Branch]: ...
    def compare_branches(self, a: str, b: str) -> Result[BranchDiff]: ...
    def undo_merge(self, name: str) -> Result[Any]: ...

    # timetravel
    def history(self, table: str, key: Any) -> Result[Any]: ...
    def restore(self, table: str | None = None, *, at: Moment, dry_run: bool = False) -> Result[Any]: ...
    def tag(self, name: str) -> Result[Any]: ...
    def purge_history(self, table: str | None = None, *, before: Moment | None = None) -> Result[Any]: ...

    # crypto
    def rekey(self, key: Any, *, full: bool = False) -> Result[None]: ...

    # server
    def get_server_info(self) -> Result[ServerInfo]: ...

class CursorMethods:
    """The methods that HeliosDB's own plugins bring to every cursor."""
