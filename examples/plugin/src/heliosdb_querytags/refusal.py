"""The error of a commit that the program's own check refused."""

from __future__ import annotations

import sqlite3


class CommitRefused(sqlite3.IntegrityError):
    """``commit_check`` gave a reason not to commit. After ``commit()`` the transaction is still open."""
