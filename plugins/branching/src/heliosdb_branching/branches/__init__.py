"""Whole branches: made, listed, deleted."""
