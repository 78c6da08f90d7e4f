"""What a history costs: the same work on a plain table and on a versioned one."""
