"""What hurried English writing says."""
