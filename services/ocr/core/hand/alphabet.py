"""What the reader of short handwriting can tell apart."""

VERSION = "hand-1"
"""Goes into results beside the engine's name; another alphabet or model has another."""
OTHER = "□"
"""Any character outside the alphabet, Chinese ones above all."""
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-=()[]{}.,:;/×÷√<>≤≥≠±°%πΩ∠△⊥∥∞'"
ALPHABET = ("", *SIGNS, OTHER)
"""Class 0 is the blank of CTC."""
