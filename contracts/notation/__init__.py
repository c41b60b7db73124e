"""How texts with formulas are written where they cross processes, in stems, keys and answers; and read to be shown."""
