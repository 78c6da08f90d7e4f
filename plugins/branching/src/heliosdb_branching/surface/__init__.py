"""Branches in SQL, on the command line, and in ``heliosdb info``."""
