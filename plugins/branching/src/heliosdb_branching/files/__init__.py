"""The files of branches: made, found, opened, deleted."""
