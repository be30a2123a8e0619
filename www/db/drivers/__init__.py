"""What speaks to a database: SQL text and encoded values in, tuples out."""
