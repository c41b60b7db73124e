"""The stages and the gateway; they know contracts and runtime, never each other."""
