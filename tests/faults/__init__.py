"""Redink under real faults: real processes, killed, stopped and cut off, and an audit of what became of every exam."""
