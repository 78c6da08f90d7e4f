"""What the tests of encryption share."""
