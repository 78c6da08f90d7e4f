"""Candidates measured and weighed, up to the report."""
