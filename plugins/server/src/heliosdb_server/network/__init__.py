"""Sockets: accepting connections, TLS, logins, and the threads that answer clients."""
