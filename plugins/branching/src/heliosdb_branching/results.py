"""What the methods return: small objects that don't change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from types import MappingProxyType

from .errors import Conflict

_DAY = 86_400


@dataclass(frozen=True)
class Branch:
    """A branch as it was when it was asked for."""

    name: str
    id: str
    parent: str | None
    """The branch it was made from; None for main."""
    created_at: datetime | None
    """When it was made; None for main, which knows no such time."""
    divergence_point: datetime | None
    """The moment whose state it began with; None for main."""
    state: str
    """``ready``, ``copying``, ``interrupted``, ``missing``, or ``failed: ...``."""
    is_active: bool
    """Whether any process has it open. main is always active."""
    commits: int
    """How many commits changed it since it was made; for main, how many merges."""
    size_mb: float
    """The size of its file, in megabytes of a million bytes."""
    path: str

    @property
    def age_days(self) -> float:
        """How many days ago it was made."""
        if self.created_at is None:
            return 0.0
        return max(0.0, (datetime.now(timezone.utc) - self.created_at).total_seconds() / _DAY)


@dataclass(frozen=True)
class TableChanges:
    """How many rows of a table changed."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.added + self.changed + self.removed


@dataclass(frozen=True)
class MergeReport:
    """What a merge did, or would do."""

    branch: str
    into: str
    dry_run: bool
    tables: Mapping[str, TableChanges] = field(default_factory=lambda: MappingProxyType({}))
    """The rows added, changed and removed in the target, by table."""
    schema: tuple[str, ...] = ()
    """The changes to its schema, in words."""
    conflicts: tuple[Conflict, ...] = ()
    """What both sides had changed, and the strategy decided; in a dry run what it would have to decide."""
    renumbered: Mapping[str, Mapping[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    """Rows that got another rowid than on the branch, by table: the branch's, and the target's."""
    seconds: float = 0.0

    @property
    def total_row_changes(self) -> int:
        """How many rows of the target changed."""
        return sum(each.total for each in self.tables.values())

    @property
    def tables_modified(self) -> tuple[str, ...]:
        """The tables whose rows changed."""
        return tuple(name for name, each in self.tables.items() if each.total)


@dataclass(frozen=True)
class UndoReport:
    """What undo_merge() took back."""

    branch: str
    merged_at: datetime
    tables: Mapping[str, TableChanges]
    """The rows that came back, were put back to what they were, or were removed again: by table."""
    schema: tuple[str, ...] = ()


def moment(us: int) -> datetime:
    """Return a time of the registry, with its time zone."""
    return datetime.fromtimestamp(us / 1_000_000, timezone.utc)
