"""What doubtful Chinese writing says."""
