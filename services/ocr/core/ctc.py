"""Connectionist temporal classification (Graves et al., 2006): greedy reading and scoring of given texts."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from services.ocr.core.steps import Steps

Floats = npt.NDArray[np.float32]
BLANK = 0
TINY = 1e-300


def greedy(steps: Steps, alphabet: Sequence[str]) -> list[tuple[str, float, float]]:
    """Characters of the best path: (character, centre 0..1 of the steps, confidence). Class 0 is the blank."""
    best = steps.best()
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    centres = (starts + np.append(starts[1:], len(best))) / (2 * len(best))
    written = np.flatnonzero(best != BLANK)
    sure = np.zeros(len(best), np.float32)
    sure[written] = steps.peaks(written)
    peaks = np.minimum(1.0, np.maximum.reduceat(sure, starts))
    found = zip(best[starts].tolist(), centres.tolist(), peaks.tolist(), strict=True)
    return [(alphabet[kind], centre, peak) for kind, centre, peak in found if kind != BLANK]


def peaks_at(steps: Steps) -> list[int]:
    """For each character of the best path, the step at which it is surest."""
    best = steps.best()
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    runs = [(a, b) for a, b in zip(starts, np.append(starts[1:], len(best)), strict=True) if best[a] != BLANK]
    return [int(a + steps.peaks(np.arange(a, b)).argmax()) for a, b in runs]


def classes_of(alphabet: Sequence[str], plain: Callable[[str], str]) -> dict[str, tuple[int, ...]]:
    """For each plain character, the classes that look like it (itself first). `plain` folds look-alikes together."""
    found: dict[str, list[int]] = {}
    for index, character in enumerate(alphabet):
        if character and character == plain(character):
            found.setdefault(character, []).insert(0, index)
        elif character:
            found.setdefault(plain(character), []).append(index)
    return {character: tuple(indices) for character, indices in found.items()}


def forward(columns: npt.NDArray[np.float64], blank: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log-probabilities of texts of one length: of each the sum over all alignments.

    columns: (texts, steps, characters) probabilities of their characters, equal neighbours by equal columns; blank: (steps,).
    """
    texts, steps, length = columns.shape
    emit = np.empty((steps, texts, 2 * length + 1))
    emit[:, :, 0::2] = blank[:, None, None]
    emit[:, :, 1::2] = columns.transpose(1, 0, 2)
    # A character may follow another without a blank between, unless they are the same.
    skip = np.zeros((texts, 2 * length + 1))
    skip[:, 3::2] = (columns[:, :, 1:] != columns[:, :, :-1]).any(axis=1)
    alpha = np.zeros((texts, 2 * length + 1))
    alpha[:, :2] = emit[0, :, :2]
    log_scale = np.zeros(texts)
    with np.errstate(divide="ignore"):
        for step in range(1, steps):
            moved = alpha.copy()
            moved[:, 1:] += alpha[:, :-1]
            moved[:, 2:] += alpha[:, :-2] * skip[:, 2:]
            alpha = moved * emit[step]
            total = alpha.sum(axis=1)
            alpha /= np.maximum(total, TINY)[:, None]
            log_scale += np.log(total)
        return np.asarray(log_scale + np.log(alpha[:, -2:].sum(axis=1)), dtype=np.float64)


def spans(probabilities: Floats, text: Sequence[int]) -> list[tuple[int, int]]:
    """First and past-the-last step of each class of a text on its likeliest alignment (Viterbi, 1967)."""
    states = np.full(2 * len(text) + 1, BLANK)
    states[1::2] = text
    skips = np.zeros(len(states), np.bool_)
    skips[3::2] = states[3::2] != states[1:-2:2]
    with np.errstate(divide="ignore"):
        emit = np.log(probabilities[:, states].astype(np.float64))
    score = np.full(len(states), -np.inf)
    score[:2] = emit[0, :2]
    back = np.zeros(emit.shape, np.int8)
    for step in range(1, len(emit)):
        moves = np.full((3, len(states)), -np.inf)
        moves[0], moves[1, 1:], moves[2, 2:] = score, score[:-1], np.where(skips[2:], score[:-2], -np.inf)
        back[step] = moves.argmax(axis=0)
        score = moves.max(axis=0) + emit[step]
    state = len(states) - 1 - int(len(states) > 1 and score[-2] > score[-1])
    path = [state]
    for step in range(len(emit) - 1, 0, -1):
        state -= int(back[step, state])
        path.append(state)
    at = np.array(path[::-1])
    return [(int(np.searchsorted(at, odd)), int(np.searchsorted(at, odd, "right"))) for odd in range(1, len(states), 2)]


def posterior(
    probabilities: Floats, candidates: Sequence[str], classes: Mapping[str, tuple[int, ...]]
) -> dict[str, float]:
    """Probability of each candidate, normalised over the candidates and the free reading (when that is another text).

    A candidate with a character outside the alphabet gets 0.
    """
    blank = probabilities[:, BLANK].astype(np.float64)
    inside = {c: _columns(probabilities, c, classes) for c in candidates}
    known = {c: columns for c, columns in inside.items() if columns is not None}
    scores: dict[str, float] = {}
    for length in {len(c) for c in known}:
        alike = [c for c in known if len(c) == length]
        scores.update(zip(alike, forward(np.stack([known[c] for c in alike]), blank).tolist(), strict=True))
    best = probabilities.argmax(axis=1)
    run = best[np.flatnonzero(np.diff(best, prepend=-1))]
    free = [int(i) for i in run if i != BLANK]
    alone = _is_candidate(free, candidates, classes)
    others = [] if alone else forward(probabilities[None, :, free].astype(np.float64), blank).tolist()
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
