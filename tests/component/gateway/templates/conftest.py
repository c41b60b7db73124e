"""Templates as a client makes them."""

from typing import Any

import httpx

from tests.component.gateway.harness import Running

PAPER: dict[str, Any] = {
    "name": "七年级期中",
    "subject": "math",
    "grade": 7,
    "title": "七年级数学期中试卷",
    "total_score": 10,
    "sections": [{"number": "一", "type": "single_choice", "item_score": 3}, {"number": "二", "type": "calculation"}],
    "items": [
        {"number": "1", "section": "一", "answer": "B", "knowledge_points": ["有理数的加减"]},
        {"number": "2", "section": "一", "type": "multiple_choice", "answer": "ACD", "partial_score": 1},
        {"number": "3(1)", "section": "二", "answer": "x=2", "accepted": ["2"], "max_score": 4},
    ],
}


def paper(**changes: Any) -> dict[str, Any]:
    return PAPER | changes


async def make(running: Running, **changes: Any) -> dict[str, Any]:
    """A new template, as answered."""
    response = await post(running, paper(**changes))
    assert response.status_code == 201, response.text
    return dict(response.json())


async def post(running: Running, body: Any, **headers: str) -> httpx.Response:
    return await running.client.post("/api/v1/templates", json=body, headers=headers)
