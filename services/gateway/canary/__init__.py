"""A synthetic exam each minute, by a tenant of its own: drawn, uploaded, awaited and judged as a client would.

It sees what no other metric does: the way in from outside, and whether what comes out is right. At night, when nobody
uploads, it is what the objectives are measured on.
"""
