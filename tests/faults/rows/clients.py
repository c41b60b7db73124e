"""Rows 32-34: clients that cancel, drop, dawdle and come in crowds; receivers of webhooks that misbehave."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field

import httpx

from services.gateway.core.problems import Code
from tests.faults.receiver import Receiver, open_receiver
from tests.faults.rows.evidence import Evidence, Unexpected, until
from tests.faults.rows.row import Row
from tests.faults.rows.scene import Scene
from tests.faults.rows.stages import NAMES

_CROWD = 300
_SLOW = 40


async def cancelled(s: Scene, e: Evidence) -> None:
    """32: before the first stage, in each of five, after the end; twice; and against the end."""
    racing = asyncio.create_task(_race(s, 20))
    exams = dict(zip(NAMES, await asyncio.gather(*(s.upload(f"hang@{stage}") for stage in NAMES)), strict=True))
    await asyncio.gather(*(_cancel_at(s, exam, stage) for stage, exam in exams.items()))
    exams["UPLOADED"] = await _cancel_uploaded(s)
    told = {exam: await s.books.told(exam) for exam in exams.values()}
    e.did("cancelled before ocr and while each of the five stages was at work, each twice")
    done = await s.upload()
    await s.completes(done)
    answer = await s.ask("POST", f"/exams/{done}/cancel")
    e.did("cancelled after it was COMPLETED")
    found = (answer.status_code, answer.json().get("code"))
    e.saw("that is a 409, and it stays COMPLETED", found == (409, Code.EXAM_ENDED.value), found)
    outcomes = await racing
    e.did(f"cancelled in a race with the end, 20 times: {dict(outcomes)}")
    await until("the hanging work has ended by its limit", lambda: _idle(s), 30, pause=0.3)
    await asyncio.sleep(1)  # what it said of that is on its way
    after = {exam: await s.books.told(exam) for exam in exams.values()}
    e.saw("nothing more was told of a cancelled exam, though its work went on to its limit", after == told)
    e.saw("each ended as CANCELLED", {statuses[-1] for statuses in after.values()} == {"CANCELLED"})
    await s.ends_once(*exams.values(), done)


async def _idle(s: Scene) -> bool:
    """Whether no stage is at work."""
    samples = [(await s.world.processes.metrics(f"{stage}-1"), stage) for stage in NAMES]
    return all(said.get(f'redink_stage_in_progress{{stage="{stage}"}}') == 0 for said, stage in samples)


async def _cancel_at(s: Scene, exam: str, stage: str) -> None:
    await until(f"{stage} is at work", lambda: s.executions(exam, stage, "begun"), 30)
    await _cancel_twice(s, exam)


async def _cancel_uploaded(s: Scene) -> str:
    """An exam that no stage has touched: ocr stands still."""
    s.world.processes.pause("ocr-1")
    try:
        exam = await s.upload()
        if (status := await s.books.status(exam)) != "UPLOADED":
            raise Unexpected(f"ocr stands still, and the exam is {status}")
        await _cancel_twice(s, exam)
    finally:
        s.world.processes.resume("ocr-1")
    return exam


async def _cancel_twice(s: Scene, exam: str) -> None:
    """By both gateways: the second time changes nothing and is no error."""
    for gateway in ("gateway-1", "gateway-2"):
        answer = await s.ask("POST", f"/exams/{exam}/cancel", gateway)
        if (answer.status_code, answer.json().get("status")) != (200, "CANCELLED"):
            raise Unexpected(f"cancelling was answered {answer.status_code}: {answer.text}")


async def _race(s: Scene, count: int) -> Counter[str]:
    """Cancel at a random moment of an exam's short life; what the answer said is how it ended."""
    outcomes: Counter[str] = Counter()
    for exam in await s.uploads(count):
        await asyncio.sleep(random.uniform(0, 0.05))
        answer = await s.ask("POST", f"/exams/{exam}/cancel")
        promised = "CANCELLED" if answer.status_code == 200 else "COMPLETED"
        ended = await s.ended(exam)
        if ended != promised:
            raise Unexpected(f"cancelling was answered {answer.status_code}, and the exam is {ended}")
        outcomes[ended] += 1
    return outcomes


# --- live streams


@dataclass
class _Listener:
    """A client of one stream, over all its connections."""

    numbers: list[int] = field(default_factory=list)
    drops: int = 0
    broken: int = 0
    final: bool = False

    async def listen(self, s: Scene, exam: str, chance: random.Random, drop: float) -> None:
        """Read to the end, resuming after the last event seen whenever the connection drops, whoever dropped it."""
        while not self.final:
            try:
                await self._connection(s, exam, chance, drop)
            except httpx.TransportError:
                self.broken += 1
                await asyncio.sleep(0.5)

    async def _connection(self, s: Scene, exam: str, chance: random.Random, drop: float) -> None:
        headers = s.auth() | ({"Last-Event-ID": str(self.numbers[-1])} if self.numbers else {})
        url = f"{s.url(f'gateway-{1 + self.drops % 2}')}/api/v1/exams/{exam}/events"
        async with s.http.stream("GET", url, headers=headers, timeout=30) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    self.numbers.append(int(line[4:]))
                if line.startswith("data: "):
                    self.final = json.loads(line[6:])["final"]
                    if chance.random() < drop and not self.final:
                        self.drops += 1
                        return


async def streams(s: Scene, e: Evidence) -> None:
    """33: a crowd that drops and resumes, and readers that don't read. (There is no WebSocket yet: SSE only.)"""
    exam = await s.upload("transient-once@report", pages=20)
    s.order("*", blobs__slow=0.7)
    before = await _resident(s)
    crowd = [_Listener() for _ in range(_CROWD)]
    s.http = httpx.AsyncClient(timeout=30, trust_env=False, limits=httpx.Limits(max_connections=None))
    async with s.http:
        dawdlers = [await _dawdle(s, exam) for _ in range(_SLOW)]
        chances = [random.Random(number) for number in range(_CROWD)]
        listening = asyncio.gather(
            *(one.listen(s, exam, chance, 0.2) for one, chance in zip(crowd, chances, strict=True))
        )
        peak = before
        while not listening.done():
            peak = max(peak, await _resident(s))
            await asyncio.sleep(0.5)
        await listening
    e.did(
        f"{_CROWD} clients of one exam, {sum(one.drops for one in crowd)} drops and resumes",
        any(c.drops for c in crowd),
    )
    e.saw(f"{sum(one.broken for one in crowd)} connections were broken by the gateways, and resumed", True)
    e.did(f"{len(dawdlers)} more that never read what is sent to them")
    for writer in dawdlers:
        writer.close()
    count = len(await s.books.told(exam))
    wrong = [one.numbers for one in crowd if one.numbers != list(range(1, count + 1))]
    e.saw(f"each saw events 1 to {count}, in order, without gap or repeat, to the end", not wrong, wrong[:2])
    grown = (peak - before) / 2**20
    e.saw(f"the gateways grew by {grown:.0f} MiB at most", grown < 200, grown)
    await s.completes(exam)


async def _dawdle(s: Scene, exam: str) -> asyncio.StreamWriter:
    """Ask for the stream and read nothing."""
    url = httpx.URL(s.url())
    _, writer = await asyncio.open_connection(url.host, url.port, limit=1024)
    auth = s.auth()["Authorization"]
    writer.write(f"GET /api/v1/exams/{exam}/events HTTP/1.1\r\nHost: x\r\nAuthorization: {auth}\r\n\r\n".encode())
    await writer.drain()
    return writer


async def _resident(s: Scene) -> float:
    """Resident bytes of the gateways."""
    return await s.sample("process_resident_memory_bytes", *s.world.processes.of("gateway"))


# --- webhooks


async def webhooks(s: Scene, e: Evidence) -> None:
    """34: receivers that fail, hang, redirect; one that hears a message whose sender is then killed."""
    env = {
        "REDINK_WEBHOOK_ALLOW_LOOPBACK": "true",
        "REDINK_WEBHOOK_RETRY_SECONDS": "[0.3, 0.3, 0.5, 0.5]",
        "REDINK_WEBHOOK_TIMEOUT_SECONDS": "1",
    }
    async with open_receiver() as receiver, s.special("gateway-9", ["gateway-1", "gateway-2"], **env) as gateway:
        hooks = {
            path: await _register(s, gateway, receiver.url + path) for path in ("good", "flaky", "hang", "redirect")
        }
        for url in ("http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::ffff:10.0.0.1]/"):
            answer = await s.ask("POST", "/webhooks", gateway, json={"url": url})
            e.saw(f"{url} is refused with 422", answer.status_code == 422, answer.status_code)
        exam = await s.upload(gateway=gateway)
        await s.completes(exam)
        await until("the good and the flaky one were told", lambda: receiver.heard("flaky", 204), 20)
        await until("the others were given up", lambda: _given_up(s, 2), 40, pause=0.5)
        e.did(
            f"receivers answered 500, hung, redirected to loopback: {dict(receiver.counts)}",
            receiver.counts["hang"] > 1,
        )
        for path in hooks:
            ids = receiver.ids(path)
            e.saw(f"{path}: {receiver.counts[path]} attempts bear one id", len(set(ids)) == 1, set(ids))
        e.saw("no redirect was followed", receiver.counts["elsewhere"] == 0)
        await _killed_while_telling(s, e, receiver, gateway)
        for hook in hooks.values():
            await s.ask("DELETE", f"/webhooks/{hook}", gateway)


async def _register(s: Scene, gateway: str, url: str) -> str:
    answer = await s.ask("POST", "/webhooks", gateway, json={"url": url})
    if answer.status_code != httpx.codes.CREATED:
        raise Unexpected(f"registering was answered {answer.status_code}: {answer.text}")
    return str(answer.json()["id"])


async def _given_up(s: Scene, count: int) -> bool:
    rows = await s.books.pool.fetch("SELECT id FROM webhook_deliveries WHERE state = 'failed'")
    return len(rows) >= count


async def _killed_while_telling(s: Scene, e: Evidence, receiver: Receiver, gateway: str) -> None:
    """The receiver has the message, the gateway dies before it can note that; another attempt, the same id."""
    receiver.hold("good")
    exam = await s.upload(gateway=gateway)
    await until("the receiver has the message", lambda: receiver.about(exam), 20)
    await s.world.processes.kill(gateway)
    receiver.release("good")
    e.did("gateway killed while a receiver had its message in hand")
    again = await until(
        "it is told again", lambda: len(receiver.about(exam)) > 1 and receiver.about(exam), 60, pause=0.5
    )
    e.saw(f"{len(again)} attempts bear one id", len(set(again)) == 1, again)
    await s.completes(exam)


ROWS = (
    Row(
        32,
        "cancelled at each of seven points, twice, and in a race with the end",
        "POST cancel",
        "one end; nothing is told afterwards",
        cancelled,
        seconds=120,
    ),
    Row(
        33,
        f"live streams: {_CROWD} clients that drop and resume, slow readers (SSE; there is no WebSocket yet)",
        "connections dropped, readers that don't read",
        "no gap, no repeat, bounded memory",
        streams,
        seconds=150,
    ),
    Row(
        34,
        "webhook receivers: 500, hang, redirect to loopback, private addresses (a flipping DNS name: its component test)",
        "scripted receivers; kill -9 between sending and noting",
        "retries under one id, nothing private is called",
        webhooks,
        seconds=240,
    ),
)
