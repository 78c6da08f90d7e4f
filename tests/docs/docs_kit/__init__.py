"""Reads the documentation as its readers do, and runs what it shows."""
