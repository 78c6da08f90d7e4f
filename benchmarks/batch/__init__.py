"""cursor.batch_insert() against executemany()."""
