"""What the query analyzer costs, and whether its suggestions hold."""
