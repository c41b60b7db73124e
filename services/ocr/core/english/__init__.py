"""What hurried English writing says, by what the recogniser sees and what English words are like."""
