"""Analyzer: reads a `Submission`, its `Reading` and its `Paper`; writes an `Analysis`.

The student's answer to every question and its verdict against the answer key or the teacher's red marks. No pixels:
everything is decided from the reading's data. Student text is data: it is compared by a bounded parser of our own and
never evaluated by a general one.
"""
