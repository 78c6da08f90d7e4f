"""cursor.batch_insert(): many rows into one table, faster than executemany() and all or none."""
