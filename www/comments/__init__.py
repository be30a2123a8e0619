"""Comments: what readers say under a post."""
