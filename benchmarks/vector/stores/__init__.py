"""Those who store vectors and search them, each in its own way, for the same rows and the same questions."""

from __future__ import annotations

from . import chroma, duckdb, faiss, heliosdb, lancedb, sqlite_vec, sqliteai
from .contract import Store

STORES: tuple[Store, ...] = (
    *heliosdb.STORES,
    *sqlite_vec.STORES,
    *sqliteai.STORES,
    *faiss.STORES,
    *duckdb.STORES,
    *lancedb.STORES,
    *chroma.STORES,
)
BY_NAME = {store.name: store for store in STORES}
