"""Course text in, knowledge points and what they build on out: proposed, and counted once a person accepts them."""
