"""How Redink is run: containers, manifests and the stack without Docker."""
