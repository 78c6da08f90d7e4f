"""Encryption at rest for HeliosDB. Switched on by ``connect(..., encryption_key=...)``."""

from __future__ import annotations

from .converting import decrypt_file, encrypt_file
from .forgetting import forget_keys
from .keys.derivation import Argon2id, Scrypt
from .keys.given import Passphrase

__all__ = ["Argon2id", "Passphrase", "Scrypt", "decrypt_file", "encrypt_file", "forget_keys"]
__version__ = "0.1.0"
