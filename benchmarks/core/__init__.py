"""What the drop-in core costs over the standard library's sqlite3."""
