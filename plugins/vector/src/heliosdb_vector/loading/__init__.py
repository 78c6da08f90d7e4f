"""sqlite-vec's SQL functions on connections with vector search, and how they got there, or why not."""

from .finding import VARIABLE, Loading, load_sqlite_vec, sqlite_vec_loading

__all__ = ["VARIABLE", "Loading", "load_sqlite_vec", "sqlite_vec_loading"]
