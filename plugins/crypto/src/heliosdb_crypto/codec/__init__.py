"""Pages, log frames and journal records as bytes in and bytes out: nothing here opens a file or asks SQLite."""
