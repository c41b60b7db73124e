"""Live progress: one hub per process reads what is new of all watched exams at once, and any number of clients hear it.

Reads `exam_events` and `tickets`; writes `tickets`.
"""
