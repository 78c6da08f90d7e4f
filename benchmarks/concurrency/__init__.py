"""Many writers at once: HeliosDB's line against SQLite's own ways."""
