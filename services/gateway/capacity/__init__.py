"""How much of each stage an arrival rate takes, from what was measured: `python -m services capacity`."""
