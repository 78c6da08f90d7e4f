"""Encryption at rest for HeliosDB. Switched on by ``connect(..., encryption_key=...)``."""
