"""Trains the reader of short handwriting (services/ocr/core/hand): `python -m scripts.train_hand --help`."""
