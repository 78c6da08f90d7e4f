"""``concurrency=``: those who write to one file wait in a line (``fair``), and share the disk's time too (``wal``)."""
