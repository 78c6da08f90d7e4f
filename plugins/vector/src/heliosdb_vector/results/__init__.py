"""Which columns of a result are vectors: found out once per text, converted row by row."""
