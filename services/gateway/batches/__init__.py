"""Batches: many papers in one upload, each an exam of its own, followed and reported on together."""
