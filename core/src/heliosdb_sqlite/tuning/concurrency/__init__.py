"""``concurrency="wal"``: threads and processes that write to one file wait in a line, and share the disk's time."""
