"""The connection pool against SQLAlchemy's QueuePool."""
