"""Those who write to one file take turns: threads by default, processes too with ``concurrency="wal"``."""
