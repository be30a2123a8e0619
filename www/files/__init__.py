"""The slice of uploaded files: the way in (upload), the way out (download), and their pages."""
