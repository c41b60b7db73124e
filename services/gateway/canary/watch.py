"""One synthetic exam from end to end, and its outcome."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from runtime import log, metrics
from services.gateway.canary.client import Refused
from services.gateway.canary.paper import Drawn, draw, judge

OUTCOMES = ("good", "wrong", "late", "failed")
_POLL = 0.5


class Gateway(Protocol):
    """What a client calls."""

    def upload(self, jpeg: bytes, form: dict[str, Any]) -> str: ...

    def ended(self, exam: str) -> str | None: ...

    def result(self, exam: str) -> dict[str, Any]: ...

    def delete(self, exam: str) -> None: ...


class Canary:
    """Runs synthetic exams. `limit`: seconds after which one is late; `clock` in seconds, it only runs forward."""

    def __init__(
        self,
        gateway: Gateway,
        limit: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gateway = gateway
        self._limit = limit
        self._clock = clock
        self._sleep = sleep
        self._log = log.get("canary")
        for outcome in OUTCOMES:
            metrics.CANARY_RUNS.labels(outcome)

    def run(self, seed: int) -> str:
        """Upload the paper of the seed, wait, judge, delete; the outcome, which is counted."""
        try:
            outcome = self._follow(draw(seed))
        except Refused as refusal:
            self._log.error("synthetic exam failed", why=str(refusal))
            outcome = "failed"
        metrics.CANARY_RUNS.labels(outcome).inc()
        if outcome == "good":
            metrics.CANARY_LAST_GOOD.set_to_current_time()
        return outcome

    def _follow(self, drawn: Drawn) -> str:
        began = self._clock()
        exam = self._gateway.upload(drawn.jpeg, drawn.form)
        while (status := self._gateway.ended(exam)) is None:
            if self._clock() - began > self._limit:
                self._log.error("synthetic exam is late", exam_id=exam)
                return "late"
            self._sleep(_POLL)
        outcome = self._judge(exam, status, drawn)
        metrics.CANARY_SECONDS.observe(self._clock() - began)
        self._gateway.delete(exam)
        return outcome

    def _judge(self, exam: str, status: str, drawn: Drawn) -> str:
        if status != "COMPLETED":
            self._log.error("synthetic exam ended without a result", exam_id=exam, status=status)
            return "failed"
        if wrong := judge(self._gateway.result(exam), drawn):
            self._log.error("synthetic exam came out otherwise than drawn", exam_id=exam, questions=wrong)
            return "wrong"
        return "good"
