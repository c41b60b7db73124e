"""Results in, figures out: no I/O, no clock, no randomness."""
