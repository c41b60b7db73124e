"""Templates: the structure and answer key of a school's papers, in versions that never change."""
