"""The SQL functions by name, and their definition on a connection."""

from __future__ import annotations

import sqlite3

from .aggregates import AGGREGATES, define_aggregate
from .distances import DISTANCES, distance_function
from .failure import Failure
from .scalars import SCALARS, scalar_function
from .words import NAME, WORDS, fts5_any

NAMES = (*DISTANCES, *SCALARS, *AGGREGATES)
"""All of them. A function that a program defines itself under one of these names takes its place."""

CLAIMED = (*NAMES, NAME, WORDS)
"""Those, hybrid_search() and what it uses."""

VECTORS = frozenset({*AGGREGATES, *(name for name, scalar in SCALARS.items() if scalar.gives_vector)})
"""Those that return a vector."""


def define(connection: sqlite3.Connection, failure: Failure) -> None:
    """Define the functions on a connection.

    The scalar ones are deterministic, so that SQLite computes what is constant in a query once and an index may be made
    on them.
    """
    for name, distance in DISTANCES.items():
        function = distance_function(name, failure, distance.metric)
        for count in distance.arguments:
            connection.create_function(name, count, function, deterministic=True)
    for name, scalar in SCALARS.items():
        compute = scalar_function(name, scalar, failure)
        connection.create_function(name, scalar.arguments, compute, deterministic=True)
    connection.create_function(WORDS, 1, fts5_any, deterministic=True)
    for name in AGGREGATES:
        define_aggregate(connection, name, failure)
