"""The WebSocket, tickets, and what keeps many clients from hurting each other."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import websockets
from prometheus_client import REGISTRY
from websockets.asyncio.client import ClientConnection, connect

from contracts.status import Status
from services.gateway.live import hub
from tests.component.gateway.harness import DEV_KEY, PATIENCE, Bus, Running, gateway, until

KEY = {"Authorization": f"Bearer {DEV_KEY}"}


def opened(running: Running, path: str, headers: dict[str, str] | None = KEY) -> connect:
    url = f"ws://127.0.0.1:{running.port}/api/v1{path}"
    return connect(url, additional_headers=headers, proxy=None, open_timeout=PATIENCE)


async def heard(live: ClientConnection) -> list[dict[str, Any]]:
    """All status messages until the server closes."""
    messages = []
    with contextlib.suppress(websockets.ConnectionClosedError):
        async for text in live:
            messages.append(json.loads(text))  # noqa: PERF401 - what came before the end counts
    return [message for message in messages if message["type"] == "status"]


async def refusal(running: Running, path: str, headers: dict[str, str] | None) -> tuple[int, str]:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with opened(running, path, headers):
            pass
    answer = refused.value.response
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, json.loads(answer.body or b"")["code"]


async def test_a_socket_tells_every_change_once_resumes_after_any_and_closes_with_the_final_one(
    running: Running,
) -> None:
    exam = await running.exam()
    path = f"/exams/{exam['exam_id']}/ws"
    async with opened(running, path) as live:
        for status in (Status.OCR_PROCESSING, Status.OCR_COMPLETED):
            await running.say(exam, status)
        await running.report(exam)
        everything = await heard(live)
        assert (live.close_code, [m["id"] for m in everything]) == (1000, [1, 2, 3, 4, 5])
    assert everything[-1]["data"]["status"] == "COMPLETED"
    assert [m["data"]["number"] for m in everything] == [1, 2, 3, 4, 5]
    for after in (0, 1, 4):
        async with opened(running, f"{path}?after={after}") as live:
            assert await heard(live) == everything[after:]


async def test_a_silent_socket_has_a_heartbeat_and_what_the_client_says_is_ignored(running: Running) -> None:
    exam = await running.exam()
    async with opened(running, f"/exams/{exam['exam_id']}/ws?after=1") as live:
        await live.send("hello")
        assert json.loads(await asyncio.wait_for(live.recv(), PATIENCE)) == {"type": "heartbeat"}
        await live.send("x" * 10_000)
        await asyncio.wait_for(live.wait_closed(), PATIENCE)
    assert live.close_code == 1009


async def test_a_socket_is_refused_with_a_problem_before_the_handshake(running: Running) -> None:
    exam = await running.exam()
    path = f"/exams/{exam['exam_id']}/ws"
    assert await refusal(running, path, None) == (401, "unauthorized")
    assert await refusal(running, path, {"Authorization": "Bearer rk_dev_" + "e" * 43}) == (401, "unauthorized")
    assert await refusal(running, f"{path}?ticket=rt_nothing", None) == (401, "invalid_ticket")
    assert await refusal(running, "/exams/0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d/ws", KEY) == (404, "exam_not_found")
    assert await refusal(running, f"{path}?after=99", KEY) == (400, "invalid_last_event_id")


async def test_a_ticket_opens_one_stream_of_one_exam_once_and_soon(running: Running) -> None:
    exam, other = await running.exam(), await running.exam()
    await running.report(exam)
    post = running.client.post

    async def ticket() -> dict[str, Any]:
        answer = await post(f"/api/v1/exams/{exam['exam_id']}/tickets")
        assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
        return dict(answer.json())

    made = await ticket()
    stranger = {"Authorization": ""}
    first = await running.client.get(made["events"], headers=stranger)
    assert (first.status_code, "COMPLETED" in first.text) == (200, True)
    again = await running.client.get(made["events"], headers=stranger)
    assert (again.status_code, again.json()["code"]) == (401, "invalid_ticket")
    wrong = (await ticket())["ticket"]
    foreign = await running.client.get(f"/api/v1/exams/{other['exam_id']}/events?ticket={wrong}", headers=stranger)
    assert (foreign.status_code, foreign.json()["code"]) == (401, "invalid_ticket")
    resumed = await running.client.get((await ticket())["events"] + "&after=2", headers=stranger)
    assert [line for line in resumed.text.splitlines() if line.startswith("id:")] == ["id: 3"]
    async with opened(running, (await ticket())["websocket"].removeprefix("/api/v1"), None) as live:
        assert len(await heard(live)) == 3
    late = await ticket()
    await running.sql("UPDATE tickets SET expires_at = now() - interval '1 s'")
    assert (await running.client.get(late["events"], headers=stranger)).status_code == 401
    await ticket()
    assert len(await running.sql("SELECT 1 FROM tickets")) == 1  # those that expired are swept away
    stored = await running.sql("SELECT encode(sha256, 'escape') AS text FROM tickets")
    assert late["ticket"] not in stored[0]["text"]
    assert (await running.client.get(f"/api/v1/exams?ticket={made['ticket']}", headers=stranger)).status_code == 401


async def test_many_clients_of_one_exam_cost_one_read_of_its_events(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(name: str) -> Callable[..., Awaitable[Any]]:
        ask = getattr(hub, name)

        async def asked(*arguments: Any) -> Any:
            read.append(name)
            return await ask(*arguments)

        return asked

    for name in ("events_of", "events_after"):
        monkeypatch.setattr(hub, name, counted(name))
    async with gateway(database, tmp_path, bus=Bus(), sse_poll_seconds=60, sse_heartbeat_seconds=60) as running:
        exam = await running.exam()

        async def client() -> list[int]:
            async with opened(running, f"/exams/{exam['exam_id']}/ws") as live:
                return [message["id"] for message in await heard(live)]

        clients = [asyncio.create_task(client()) for _ in range(40)]
        watching = "redink_live_watchers 40.0"

        async def all_there() -> bool:
            return watching in (await running.client.get("/metrics")).text

        await until(all_there, 60)
        for status in (Status.OCR_PROCESSING, Status.OCR_COMPLETED, Status.PARSING):
            await running.say(exam, status)
        await running.report(exam)
        assert await asyncio.gather(*clients) == [[1, 2, 3, 4, 5, 6]] * 40
    assert 1 <= len(read) <= 10, "one for who came first, and one for each change at most, however many listen"


async def test_a_tenant_has_a_bounded_number_of_streams(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, bus=Bus(), live_per_tenant=2) as running:
        exam = await running.exam()
        path = f"/exams/{exam['exam_id']}/ws"
        async with opened(running, path) as one, opened(running, path) as two:
            await one.recv()
            await two.recv()
            assert await refusal(running, path, KEY) == (429, "too_many_streams")
            refused = await running.get(f"/exams/{exam['exam_id']}/events")
            assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)

        async def free() -> bool:
            async with running.client.stream("GET", f"/api/v1/exams/{exam['exam_id']}/events") as stream:
                return stream.status_code == 200

        await until(free)


async def test_a_stream_ends_when_it_is_old_so_that_its_key_is_looked_at_again(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, bus=Bus(), live_seconds=3.0, sse_heartbeat_seconds=60) as running:
        exam = await running.exam()
        answer = await asyncio.wait_for(running.get(f"/exams/{exam['exam_id']}/events"), PATIENCE)
        assert "UPLOADED" in answer.text
        async with opened(running, f"/exams/{exam['exam_id']}/ws") as live:
            assert len(await heard(live)) == 1
            assert (live.close_code, "after=" in (live.close_reason or "")) == (1013, True)


async def test_a_client_that_takes_nothing_is_cut_off_and_holds_nobody_up(database: str, tmp_path: Path) -> None:
    """Both sides' buffers are made small, and the exam's events are many."""
    async with gateway(database, tmp_path, bus=Bus(), live_send_seconds=3.0, sse_heartbeat_seconds=60) as running:
        exam = await running.exam()
        await running.sql(
            """INSERT INTO exam_events (exam_id, number, revision, status, progress, stage, attempt)
               SELECT $1, n, 1, 'OCR_PROCESSING', 10, repeat('x', 20000), 1 FROM generate_series(2, 600) n""",
            exam["exam_id"],
        )
        await running.sql("UPDATE exams SET last_event = 600 WHERE exam_id = $1", exam["exam_id"])
        cuts = REGISTRY.get_sample_value("redink_live_cut_total") or 0
        with socket.socket() as idle:
            idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            idle.setblocking(False)
            await asyncio.get_running_loop().sock_connect(idle, ("127.0.0.1", running.port))
            request = f"GET /api/v1/exams/{exam['exam_id']}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {DEV_KEY}\r\n\r\n"
            await asyncio.get_running_loop().sock_sendall(idle, request.encode())

            async def cut() -> bool:
                """The counter is of all gateways that this process had."""
                watching = REGISTRY.get_sample_value("redink_live_watchers")
                return (REGISTRY.get_sample_value("redink_live_cut_total") or 0) > cuts and watching == 0

            await until(cut)
        frames = []
        async with running.client.stream("GET", f"/api/v1/exams/{exam['exam_id']}/events") as stream:
            async for line in stream.aiter_lines():
                if line.startswith("id: "):
                    frames.append(int(line[4:]))
                    if len(frames) == 600:
                        break
        assert frames == list(range(1, 601))
