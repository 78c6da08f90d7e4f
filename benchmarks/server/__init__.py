"""The PostgreSQL-compatible server against PostgreSQL itself."""
