"""Statements about the past: where their clauses stand, what is run in their place, and which times they mean.

``clauses`` and ``scopes`` read the text, ``relation`` writes the subquery that a table's past is, ``rewriting`` puts it
there, ``binding`` finds the transaction for each time when the statement runs.
"""
