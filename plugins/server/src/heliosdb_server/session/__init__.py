"""One client's session: its connection to the database, its transaction, its statements and cursors."""
