"""What differs between databases in the text of statements."""
