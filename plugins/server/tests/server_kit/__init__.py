"""What the tests of several folders use: statements to ask, and a PostgreSQL to ask them of."""
