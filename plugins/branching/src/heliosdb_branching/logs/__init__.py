"""What a branch changed: triggers that log it, and what is read off the logs."""
