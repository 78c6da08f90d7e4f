"""Sockets: accepting connections, TLS, logins, and a thread for each client."""
