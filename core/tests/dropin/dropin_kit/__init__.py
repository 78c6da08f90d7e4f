"""What the drop-in proofs of the core need beside heliosdb_sqlite.testing.dropin: plugins that do nothing, and scripts."""
