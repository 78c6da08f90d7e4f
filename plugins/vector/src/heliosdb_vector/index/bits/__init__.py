"""The method ``bits``: the signs of some hundred directions, and the rows that differ in the fewest looked at again."""
