"""parser: finds the structure of a paper.

Reads redink.exam.read.v1 (a `Reading`), writes redink.exam.parsed.v1 (a `Paper`). Owns no tables; keeps tags in Redis.
"""
