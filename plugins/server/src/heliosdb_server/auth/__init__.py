"""Who may log in: SCRAM verifiers, users kept in a file, networks, certificates."""
