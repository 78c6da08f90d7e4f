"""The method ``hnsw``: a graph of rows and their neighbours, along which a search walks towards the nearest."""
