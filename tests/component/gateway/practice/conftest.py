"""A bank, and an exam whose result shows what its student does not know."""

import json
from typing import Any

import httpx
import pytest

from contracts.result import Result, ResultDiagnosis, ResultMastery
from tests.component.gateway.harness import Running

API = "/api/v1"


def own(name: str, **changes: Any) -> dict[str, Any]:
    """An item on 一元一次方程."""
    plain = {"id": name, "subject": "math", "grade": 7, "points": ["math.07"], "type": "fill_blank", "score": 3.0}
    return plain | {"stem": f"{name}：$x+1=2$，$x=$____.", "answer": "1", "facility": 0.6} | changes


def mastery(code: str, value: float, name: str = "", *, sufficient: bool = True) -> ResultMastery:
    return ResultMastery(
        code=code, name=name or code, mastery=value, low=0.0, high=1.0, evidence=("1",), sufficient=sufficient
    )


async def put(running: Running, *items: dict[str, Any]) -> httpx.Response:
    return await running.client.post(f"{API}/items", json={"items": list(items)})


async def make(running: Running, **wanted: Any) -> dict[str, Any]:
    """A new practice paper, as answered."""
    response = await post(running, **wanted)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def post(running: Running, headers: dict[str, str] | None = None, **wanted: Any) -> httpx.Response:
    return await running.client.post(f"{API}/practice", json=wanted, headers=headers)


@pytest.fixture
async def examined(running: Running) -> dict[str, Any]:
    """A completed exam of the student s-1: equations are weak, powers are not."""
    exam = await running.exam(student_id="s-1", grade="9")
    await diagnosed(running, exam, mastery("math.09", 0.3), mastery("math.07", 0.9), mastery("math.21", 0.5))
    return exam


async def diagnosed(running: Running, exam: dict[str, Any], *told: ResultMastery) -> None:
    """All stages have run, and the last found this."""
    put_blob = running.blobs.put

    async def with_mastery(path: str, data: bytes) -> Any:
        if path.endswith("/result.json"):
            result = Result.model_validate(json.loads(data))
            changed = result.model_copy(update={"diagnosis": ResultDiagnosis(engine="played", mastery=told)})
            data = changed.model_dump_json(by_alias=True).encode()
        return await put_blob(path, data)

    running.blobs.put = with_mastery  # type: ignore[method-assign]
    try:
        await running.report(exam)
    finally:
        running.blobs.put = put_blob  # type: ignore[method-assign]
