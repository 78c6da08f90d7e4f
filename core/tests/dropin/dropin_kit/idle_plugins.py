"""Plugins that do nothing: with one active, a program must not be able to tell.

The hooks that declare what a plugin owns (options, syntax, methods ...) are left out: owning something is not doing
nothing.
"""

from __future__ import annotations

from heliosdb_sqlite.testing.dropin.configurations import HOOKS
from heliosdb_sqlite.testing.variants import idle

no_hook, every_hook = idle(()), idle(HOOKS)
watching = idle(hook for hook in HOOKS if hook != "before_commit")
