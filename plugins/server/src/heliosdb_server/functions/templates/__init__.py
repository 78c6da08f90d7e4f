"""PostgreSQL's templates, ``YYYY-MM-DD`` and ``FM999,990.00``: to_char(), to_date(), to_timestamp(), to_number()."""
