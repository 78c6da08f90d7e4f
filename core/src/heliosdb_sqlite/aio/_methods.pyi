"""What type checkers know of HeliosDB's own plugins on awaited connections. Never imported when a program runs.

The methods of ``heliosdb_sqlite/_typing.pyi``, each of which is awaited here; a test compares the two.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from .._typing import (
    Branch,
    BranchDiff,
    CacheStats,
    MergeReport,
    Moment,
    Purged,
    Restored,
    RowVersion,
    ServerInfo,
    Suggestion,
    UndoReport,
    VectorExplanation,
    VectorIndexStats,
)
from ._block import Block
from ._result import Result

class ConnectionMethods:
    """The methods that HeliosDB's own plugins bring to every connection."""

    def explain_vector(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> Result[VectorExplanation]: ...
    def executemany_grouped(
        self, sql: str, parameters: Iterable[Sequence[Any] | Mapping[str, Any]]
    ) -> Result[list[list[Any]]]: ...
    def vector_index_stats(self, name: str | None = None) -> Result[list[VectorIndexStats]]: ...
    def vector_index_progress(self, callback: Callable[[str, int, int], Any] | None) -> Result[None]: ...
    def create_branch(
        self,
        name: str,
        from_branch: str = "main",
        as_of: Moment | None = None,
        *,
        progress: Callable[[int, int], object] | None = None,
    ) -> Result[Branch]: ...
    def merge_branch(
        self,
        name: str,
        into: str = "main",
        *,
        strategy: Literal["abort", "ours", "theirs"] | Callable[..., Any] = "abort",
        dry_run: bool = False,
        renumber: bool = False,
    ) -> Result[MergeReport]: ...
    def delete_branch(self, name: str) -> Result[None]: ...
    def list_branches(self) -> Result[Sequence[Branch]]: ...
    def get_branch_info(self, name: str) -> Result[Branch]: ...
    def compare_branches(self, a: str, b: str, *, full: bool = False) -> Result[BranchDiff]: ...
    def undo_merge(self, name: str, into: str = "main") -> Result[UndoReport]: ...
    def history(self, table: str, key: Any, *, dropped: bool = False) -> Result[Sequence[RowVersion]]: ...
    def restore(
        self,
        table: str | None = None,
        *,
        at: Moment | date | None = None,
        tag: str | None = None,
        transaction: int | None = None,
        dry_run: bool = False,
    ) -> Result[Restored]: ...
    def tag(self, name: str) -> Result[int]: ...
    def purge_history(
        self,
        table: str | None = None,
        *,
        before: Moment | date | None = None,
        step: int = 10000,
        progress: Callable[[str, int], object] | None = None,
    ) -> Result[Purged]: ...
    def recorded_as(self, user: str | None) -> Result[Block[None]]: ...
    def rekey(
        self, key: Any, *, full: bool = False, progress: Callable[[int, int, int], None] | None = None
    ) -> Result[None]: ...
    def enable_query_analyzer(
        self, *, slow_query_seconds: float | None = None, slow_query_parameters: bool = False
    ) -> Result[None]: ...
    def disable_query_analyzer(self) -> Result[None]: ...
    def get_query_suggestions(
        self, *, seconds: float = 10.0, megabytes: float = 64.0
    ) -> Result[Sequence[Suggestion]]: ...
    def get_query_report(self, *, seconds: float = 10.0, megabytes: float = 64.0) -> Result[Any]: ...
    def get_slow_queries(self) -> Result[Sequence[Any]]: ...
    def get_cache_stats(self) -> Result[CacheStats]: ...
    def get_server_info(self) -> Result[ServerInfo]: ...

class CursorMethods:
    """The methods that HeliosDB's own plugins bring to every cursor."""

    def batch_insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any] | Mapping[str, Any]],
        *,
        schema: str | None = None,
        on_conflict: Literal["abort", "ignore", "replace", "update"] = "abort",
        key: Sequence[str] = (),
        progress: Callable[[int], Any] | None = None,
        progress_every: int = 10000,
    ) -> Result[int]: ...
