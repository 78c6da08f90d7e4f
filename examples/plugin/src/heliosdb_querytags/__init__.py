"""Query tags and an audit of commits for HeliosDB.

``connect(..., query_tag="checkout")`` signs every statement, ``connect(..., audit_commits=True)`` writes down every
commit. Nothing has to be imported for that: HeliosDB finds the plugin by its entry point. What is here is for programs
that want to be type-checked, or to catch :class:`CommitRefused`.
"""

from __future__ import annotations

from .audit import Counts
from .log import Commit, audit_log, read_audit_log
from .refusal import CommitRefused
from .tags import execute_tagged

__all__ = ["Commit", "CommitRefused", "Counts", "audit_log", "execute_tagged", "read_audit_log"]
