"""Columns kept in memory (``matrix``, ``codes``), kept true (``freshness``, ``changes``) and compared (``bounds``).

Distances in memory come with a bound on what rounding can amount to: ``choosing`` leaves out no row that can be among
the nearest.
"""
