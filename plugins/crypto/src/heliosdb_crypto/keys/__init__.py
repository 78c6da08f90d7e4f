"""What users call a key, and how it opens a file's data key."""
