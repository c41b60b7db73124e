"""How any stage runs. Knows contracts, never services."""
