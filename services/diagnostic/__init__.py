"""diagnostic: reads `redink.exam.analyzed.v1`, writes `redink.exam.diagnosed.v1`.

Estimates the mastery of each knowledge point with a 90 % credible interval, names weak points and strengths, and
suggests what to do next; every sentence cites question numbers. Local engine: no model files, no calls out.
"""
