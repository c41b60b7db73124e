"""What the recogniser says of a crop: at each step, from left to right, how likely each class is."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.int16]
"""The bits of 16-bit brain floats, which numpy has no type for."""
Indices = npt.NDArray[np.intp]


class Steps(Protocol):
    """Steps by classes. Few of the probabilities are asked for: of the best class, at steps that are no blank."""

    def best(self) -> Indices:
        """The likeliest class of each step."""

    def peaks(self, steps: Indices) -> Floats:
        """Of these steps, the probability of their likeliest class."""

    def shares(self, step: int) -> Floats:
        """(classes,) probabilities of one step."""

    def probabilities(self) -> Floats:
        """(steps, classes), each row's sum 1."""


class Probabilities:
    """Steps of a model that tells probabilities itself. values: (steps, classes)."""

    def __init__(self, values: Floats) -> None:
        self._values = values
        self._best: Indices = values.argmax(axis=1)

    def best(self) -> Indices:
        return self._best

    def peaks(self, steps: Indices) -> Floats:
        return self._values[steps, self._best[steps]]

    def shares(self, step: int) -> Floats:
        row: Floats = self._values[step]
        return row

    def probabilities(self) -> Floats:
        return self._values


class Logits:
    """Steps of a model without its softmax. values: (steps, classes), in bits of brain floats or in floats."""

    def __init__(self, values: Bits | Floats) -> None:
        self._values = values
        self._best = _best(values)

    def best(self) -> Indices:
        return self._best

    def peaks(self, steps: Indices) -> Floats:
        # The best class's own power is 1, so its share is one over the sum. A step's row stays in the processor's cache.
        return np.array([1 / self._powers(step).sum() for step in steps], np.float32)

    def shares(self, step: int) -> Floats:
        powers = self._powers(step)
        shares: Floats = powers / powers.sum()
        return shares

    def probabilities(self) -> Floats:
        powers = np.array([self._powers(step) for step in range(len(self._values))], np.float32)
        shares: Floats = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def _powers(self, step: int) -> Floats:
        row = _floats(self._values[step])
        powers: Floats = np.exp(row - row[self._best[step]])
        return powers


def _best(values: Bits | Floats) -> Indices:
    best: Indices = values.argmax(axis=1)
    if values.dtype == np.int16:
        # Bits of floats rank as integers do, but for the negative ones: a row of nothing else is looked at as floats.
        negative = np.flatnonzero(values[np.arange(len(best)), best] < 0)
        best[negative] = _floats(values[negative]).argmax(axis=1)
    return best


def _floats(values: Bits | Floats) -> Floats:
    if values.dtype != np.int16:
        return values.astype(np.float32, copy=False)
    return (values.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
