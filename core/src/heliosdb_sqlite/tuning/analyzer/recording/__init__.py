"""What a connection runs: statements by their shape, with samples of their parameters, and the slow ones."""
