"""The synthetic exam: what is drawn, and what each end of it counts as."""

import io
from typing import Any

import pytest
from PIL import Image
from prometheus_client import REGISTRY

from services.gateway.canary.client import Refused
from services.gateway.canary.paper import draw
from services.gateway.canary.watch import Canary


class Played:
    """A gateway that answers with what the paper was drawn for, or otherwise."""

    def __init__(self, status: str = "COMPLETED", *, verdict: str | None = None, after: int = 1) -> None:
        self.status = status
        self.verdict = verdict
        self.after = after
        self.deleted: list[str] = []
        self.form: dict[str, Any] = {}

    def upload(self, jpeg: bytes, form: dict[str, Any]) -> str:
        self.form = form
        return "e1"

    def ended(self, exam: str) -> str | None:
        self.after -= 1
        return None if self.after >= 0 else self.status

    def result(self, exam: str) -> dict[str, Any]:
        numbers = [question["number"] for question in self.form["answer_key"]["questions"]]
        verdicts = ["correct"] * (len(numbers) - 1) + ["wrong"]
        return {
            "questions": [
                {"number": number, "verdict": self.verdict or verdict}
                for number, verdict in zip(numbers, verdicts, strict=True)
            ]
        }

    def delete(self, exam: str) -> None:
        self.deleted.append(exam)


class Away(Played):
    def upload(self, jpeg: bytes, form: dict[str, Any]) -> str:
        raise Refused("POST exams: 503")


def canary(gateway: Played) -> Canary:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return Canary(gateway, 60.0, clock=lambda: now[0], sleep=sleep)


@pytest.mark.parametrize(
    ("gateway", "outcome", "deleted"),
    [
        (Played(), "good", ["e1"]),
        (Played(verdict="correct"), "wrong", ["e1"]),
        (Played("FAILED"), "failed", ["e1"]),
        (Played(after=1000), "late", []),
        (Away(), "failed", []),
    ],
    ids=["good", "wrong", "failed", "late", "away"],
)
def test_each_end_is_counted_as_what_it_is(gateway: Played, outcome: str, deleted: list[str]) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("redink_canary_runs_total", {"outcome": outcome}) or 0.0

    one = canary(gateway)
    before = counted()
    assert one.run(1) == outcome
    assert counted() == before + 1
    assert gateway.deleted == deleted


def test_a_paper_is_drawn_anew_for_each_seed_and_alike_for_the_same() -> None:
    first, again, other = draw(1), draw(1), draw(2)
    assert first == again
    assert first.jpeg != other.jpeg
    assert Image.open(io.BytesIO(first.jpeg)).format == "JPEG"
    assert list(first.verdicts.values()) == ["correct", "correct", "wrong"]
