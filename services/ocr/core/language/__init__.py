"""What doubtful handwriting says, by what the recogniser sees and what its language is like."""
