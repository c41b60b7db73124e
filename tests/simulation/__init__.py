"""The real code on simulated ports, under a scheduler that a seed decides: every run can be replayed exactly."""
