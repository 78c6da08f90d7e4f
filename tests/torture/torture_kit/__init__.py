"""A bank that is tortured: its programs, and what has to be true of it whatever happened."""
