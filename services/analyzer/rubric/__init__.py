"""Grading by a rubric: what a language model is asked about an answer, and what its reply is worth. Pure.

The model proposes points with words of the answer as evidence. Code decides: words that don't stand in the answer, points
beyond a criterion's, or points for a criterion that nobody can meet, and the whole reply counts for nothing.
"""
