"""What connections to branches do by themselves."""
