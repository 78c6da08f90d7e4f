"""A branch merged, and a merge undone. ``rows`` is the three-way merge itself, without a database."""
