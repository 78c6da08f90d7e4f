"""Where a branch comes from, and what of it has been merged where."""
