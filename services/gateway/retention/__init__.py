"""Deletion for good: on request, or when a tenant's exams have been kept long enough."""
