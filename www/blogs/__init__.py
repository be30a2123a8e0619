"""Blogs: reading, writing and finding posts."""
