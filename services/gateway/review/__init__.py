"""The review queue: what a teacher should look at, taken from results; decisions become corrections."""
