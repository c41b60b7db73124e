"""A first look at uploaded files while they arrive: whether they can be read, whether the photos are good enough.

Pixels stay in ocr, and hostile files in a process of its opener (`contracts.opening`). The gateway passes bytes on.
"""
