"""Which statements ask for the nearest rows, or for those within a distance, in any of the shapes people write."""
