"""What a connection does with statements and offers as methods, put together of all that stands below."""
