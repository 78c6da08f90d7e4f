"""Vector search against the specialists."""
