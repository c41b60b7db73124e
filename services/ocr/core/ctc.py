"""Connectionist temporal classification (Graves et al., 2006): greedy reading and scoring of given texts."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
BLANK = 0


def greedy(probabilities: Floats, alphabet: Sequence[str]) -> list[tuple[str, float, float]]:
    """Characters of the best path: (character, centre 0..1 of the steps, confidence).

    probabilities: (steps, classes); class 0 is the blank.
    """
    best = probabilities.argmax(axis=1)
    peak = probabilities[np.arange(len(best)), best]
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(starts[1:], len(best))
    return [
        (alphabet[best[start]], float((start + end) / 2 / len(best)), float(min(1.0, peak[start:end].max())))
        for start, end in zip(starts, ends, strict=True)
        if best[start] != BLANK
    ]


def classes_of(alphabet: Sequence[str], plain: Callable[[str], str]) -> dict[str, tuple[int, ...]]:
    """For each plain character, the classes that look like it (itself first). `plain` folds look-alikes together."""
    found: dict[str, list[int]] = {}
    for index, character in enumerate(alphabet):
        if character and character == plain(character):
            found.setdefault(character, []).insert(0, index)
        elif character:
            found.setdefault(plain(character), []).append(index)
    return {character: tuple(indices) for character, indices in found.items()}


def forward(columns: npt.NDArray[np.float64], blank: npt.NDArray[np.float64]) -> float:
    """Log-probability of a text: the sum over all alignments.

    columns: (steps, characters) probabilities of its characters, equal neighbours by equal columns; blank: (steps,).
    """
    steps, length = columns.shape
    if length == 0:
        return float(np.log(np.maximum(blank, 1e-12)).sum())
    states = 2 * length + 1
    emit = np.empty((steps, states))
    emit[:, 0::2] = blank[:, None]
    emit[:, 1::2] = columns
    # A character may follow another without a blank between, unless they are the same.
    skip = np.zeros(states)
    skip[3::2] = [0.0 if np.array_equal(columns[:, i], columns[:, i - 1]) else 1.0 for i in range(1, length)]
    alpha = np.zeros(states)
    alpha[:2] = emit[0, :2]
    log_scale = 0.0
    for step in range(1, steps):
        moved = alpha.copy()
        moved[1:] += alpha[:-1]
        moved[2:] += alpha[:-2] * skip[2:]
        alpha = moved * emit[step]
        total = alpha.sum()
        if total <= 0:
            return -np.inf
        alpha /= total
        log_scale += float(np.log(total))
    return log_scale + float(np.log(max(alpha[-1] + alpha[-2], 1e-300)))


def posterior(
    probabilities: Floats, candidates: Sequence[str], classes: Mapping[str, tuple[int, ...]]
) -> dict[str, float]:
    """Probability of each candidate, normalised over the candidates and the free reading (when that is another text).

    A candidate with a character outside the alphabet gets 0.
    """
    blank = probabilities[:, BLANK].astype(np.float64)
    inside = {c: _columns(probabilities, c, classes) for c in candidates}
    scores = {c: forward(columns, blank) for c, columns in inside.items() if columns is not None}
    best = probabilities.argmax(axis=1)
    run = best[np.flatnonzero(np.diff(best, prepend=-1))]
    free = [int(i) for i in run if i != BLANK]
    others = [] if _is_candidate(free, candidates, classes) else [forward(probabilities[:, free].astype(float), blank)]
    logs = np.array([*scores.values(), *others])
    if not len(logs) or not np.isfinite(logs.max()):
        return dict.fromkeys(candidates, 0.0)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    return {**dict.fromkeys(candidates, 0.0), **dict(zip(scores, map(float, weights), strict=False))}


def _columns(
    probabilities: Floats, text: str, classes: Mapping[str, tuple[int, ...]]
) -> npt.NDArray[np.float64] | None:
    if any(character not in classes for character in text):
        return None
    columns = [probabilities[:, classes[character]].sum(axis=1) for character in text]
    return np.array(columns, dtype=np.float64).reshape(len(text), len(probabilities)).T


def _is_candidate(free: Sequence[int], candidates: Sequence[str], classes: Mapping[str, tuple[int, ...]]) -> bool:
    return any(
        len(c) == len(free) and all(i in classes.get(ch, ()) for i, ch in zip(free, c, strict=True)) for c in candidates
    )
