"""When the answer to a commit is lost, or the commit itself: a correction is there once, or not at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.gateway.ledger import Ledger, Purpose, Transaction
from services.gateway.review.settings import ReviewSettings
from tests.component.gateway.corrections.marking import begun, mark, marked
from tests.component.gateway.harness import Running, gateway, until


class Treacherous:
    """Books that fail once when a revision is begun: before the commit, or after it."""

    def __init__(self, ledger: Ledger, *, after: bool) -> None:
        self._ledger = ledger
        self._after = after
        self._failed = False

    @asynccontextmanager
    async def transaction(self, purpose: Purpose) -> AsyncIterator[Transaction]:
        failing = purpose == "replay" and not self._failed
        self._failed |= failing
        async with self._ledger.transaction(purpose) as transaction:
            yield transaction
            if failing and not self._after:
                raise ConnectionResetError
        if failing:
            raise ConnectionResetError


@pytest.mark.parametrize("after", [False, True], ids=["nothing committed", "answer lost"])
async def test_a_correction_sent_again_under_its_key_is_one_revision(
    database: str, tmp_path: Path, after: bool
) -> None:
    async with gateway(database, tmp_path, keep_books=lambda ledger: Treacherous(ledger, after=after)) as running:
        exam = await marked(running)
        path, match = f"/api/v1/exams/{exam['exam_id']}/questions/1", {"If-Match": '"1"', "Idempotency-Key": "k"}
        lost = await running.client.patch(path, json={"score": 4}, headers=match)
        assert (lost.status_code, lost.json()["code"]) == (503, "store_unavailable")
        assert (await begun(running, exam["exam_id"]))["revision"] == (2 if after else 1)
        again = await running.client.patch(path, json={"score": 4}, headers=match)
        assert (again.status_code, again.headers.get("idempotent-replayed")) == (202, "true" if after else None)
        now = await begun(running, exam["exam_id"])
        assert now["revision"] == again.json()["revision"]
        await mark(running, now)
        log = (await running.get(f"/exams/{exam['exam_id']}/corrections")).json()["items"]
        assert [(entry["question"], entry["state"]) for entry in log] == [("1", "applied")]


async def test_a_decision_whose_revision_was_begun_unnoticed_is_not_applied_twice(
    database: str, tmp_path: Path
) -> None:
    quick = ReviewSettings(poll_seconds=0.1, settle_seconds=0.5)
    opened = {"reviewing": quick}
    async with gateway(
        database, tmp_path, keep_books=lambda ledger: Treacherous(ledger, after=True), opened=opened
    ) as running:
        exam = await marked(running)
        await until(lambda: _items(running))
        item = (await _items(running))[0]
        decided = await running.client.post(f"/api/v1/review/{item['id']}/decide", json={"correction": {"score": 4}})
        assert decided.status_code == 202

        async def on_its_way() -> bool:
            return bool((await begun(running, exam["exam_id"]))["revision"] == 2)

        await until(on_its_way)
        await mark(running, await begun(running, exam["exam_id"]))
        await until(lambda: _items(running))
        log = (await running.get(f"/exams/{exam['exam_id']}/corrections")).json()["items"]
        assert [entry["id"] for entry in log] == [decided.json()["id"]]
        assert not await running.sql("SELECT 1 FROM review_items WHERE decided_at IS NOT NULL")
        assert (await begun(running, exam["exam_id"]))["revision"] == 2


async def _items(running: Running) -> list[dict[str, str]]:
    return list((await running.get("/review")).json()["items"])
