"""What an item is, which items make a paper, and what the paper says. Pure."""
