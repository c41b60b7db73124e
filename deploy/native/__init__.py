"""The stack without Docker: real servers from wheels, supervised, on loopback."""
