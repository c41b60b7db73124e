"""Operators' tools: audit, dead letters, replay, rebuild. Each is a module with a `main(argv)` that returns an exit code."""
