"""Classes made by chance: result documents as the report stage writes them, and the numbers behind them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.gateway.classreport.core.sheet import Outcome, Sitting

LETTERS = "ABCD"


@dataclass
class Made:
    """`shares[s, i]`: share of the points, nan where not graded; `maxima[i]` in points; `answers[s][i]`."""

    sittings: list[Sitting]
    shares: NDArray[np.float64]
    maxima: NDArray[np.float64]
    answers: list[list[str | None]]
    keys: list[str]

    @property
    def points(self) -> NDArray[np.float64]:
        return np.asarray(self.shares * self.maxima)


def made(
    seed: int,
    students: int = 40,
    choices: int = 12,
    written: int = 4,
    *,
    gaps: float = 0.0,
    wrong_key: int | None = None,
    slope: float = 1.2,
) -> Made:
    """A class whose students differ in one ability; `wrong_key`: the choice item that is graded by a wrong letter."""
    chance = np.random.default_rng(seed)
    ability = chance.normal(size=students)
    items = choices + written
    difficulty = chance.normal(-0.5, 0.9, size=items)
    likely = 1 / (1 + np.exp(-slope * (ability[:, None] - difficulty[None, :])))
    maxima = np.array([3.0] * choices + [float(chance.integers(6, 14)) for _ in range(written)])
    truth = [LETTERS[i] for i in chance.integers(0, 4, size=choices)]
    keys = list(truth)
    if wrong_key is not None:
        keys[wrong_key] = LETTERS[(LETTERS.index(truth[wrong_key]) + 1) % 4]
    shares = np.full((students, items), np.nan)
    answers: list[list[str | None]] = [[None] * items for _ in range(students)]
    for s in range(students):
        for i in range(items):
            if chance.random() < gaps:
                continue
            if i < choices:
                knows = chance.random() < likely[s, i]
                others = [letter for letter in LETTERS if letter != truth[i]]
                answer = truth[i] if knows else str(chance.choice(others))
                answers[s][i], shares[s, i] = answer, float(answer == keys[i])
            else:
                shares[s, i] = round(likely[s, i] * maxima[i] + chance.normal(0, 1.5)) / maxima[i]
                shares[s, i] = min(1.0, max(0.0, shares[s, i]))
                answers[s][i] = f"{shares[s, i]:.2f}"
    sittings = [
        Sitting(_outcome(s, shares[s], maxima, answers[s], keys), f"s-{s}", "7-2" if s % 2 else "7-1")
        for s in range(students)
    ]
    return Made(sittings, shares, maxima, answers, keys)


def _outcome(
    student: int, shares: NDArray[np.float64], maxima: NDArray[np.float64], answers: list[str | None], keys: list[str]
) -> Outcome:
    questions = [
        _question(i, float(share), float(most), answer, keys[i] if i < len(keys) else None)
        for i, (share, most, answer) in enumerate(zip(shares, maxima, answers, strict=True))
    ]
    return Outcome.model_validate(
        {
            "exam_id": f"e-{student}",
            "title": "七年级数学",
            "student": {"class": "x"},
            "questions": questions,
            "pages": [],
        }
    )


def _question(index: int, share: float, most: float, answer: str | None, key: str | None) -> dict[str, Any]:
    graded = not np.isnan(share)
    verdict = "ungraded" if not graded else "correct" if share == 1 else "wrong" if share == 0 else "partial"
    return {
        "number": str(index + 1),
        "path": ["一" if key else "二", str(index + 1)],
        "type": "single_choice" if key else "calculation",
        "text": "…",
        "options": dict.fromkeys(LETTERS, "") if key else {},
        "max_score": most,
        "knowledge_points": [{"code": f"k{index % 5}", "name": f"知识点{index % 5}", "confidence": 1.0}],
        "student_answer": answer if graded else None,
        "correct_answer": key,
        "verdict": verdict,
        "score": share * most if graded else None,
        "needs_review": False,
    }
