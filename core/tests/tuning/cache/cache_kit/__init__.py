"""What the tests of the result cache share."""
