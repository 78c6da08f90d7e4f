"""The plugin with passphrases that cost nothing: for thousands of connections, each with a file of its own."""

from __future__ import annotations

from heliosdb_crypto import plugin as plugin
from heliosdb_crypto.keys.derivation import Scrypt

Scrypt.__init__.__defaults__ = (16, 8, 1)
