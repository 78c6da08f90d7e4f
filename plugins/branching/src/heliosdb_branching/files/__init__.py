"""The files of branches: copied, locked, and what has become of each."""
