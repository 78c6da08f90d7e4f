"""What differs between two branches."""
