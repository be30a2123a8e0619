"""Full text: how words are cut (`text`), stored and found."""
