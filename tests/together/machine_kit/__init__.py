"""Connections with any features, each beside a connection of the standard library's that does the same without them."""
