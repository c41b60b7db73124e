"""Clients with a journal: what they asked for, what they were told, and whether what they see later agrees with it.

An upload ends `ok` (202), `fail` (nothing was accepted: refused, or never sent) or `unknown` (no answer, or 5xx: it may
exist once, or not). Most repeat what is unknown under the same Idempotency-Key; some never do, some send no key.
"""

import asyncio
import contextlib
import hashlib
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.faults.light_pool import Upload, paper

_CODES = {"permanent": {"no_question_found"}, "transient": {"internal"}, "unexpected": {"internal"}}
_CODES |= {"hang": {"stage_timeout"}, "kill-child": {"worker_crashed"}, "kill-process": {"worker_crashed"}}
_FOLLOWED_SECONDS = 900
_MOST_AT_ONCE = 60
_FOLLOWER = "follower"
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"}


@dataclass
class Invocation:
    """One upload, over all its attempts. Times in seconds since 1970."""

    marker: str
    sha256: str
    tenant: str
    priority: str
    poison: str
    key: str | None
    repeats: bool
    started: float = 0.0
    ended: float = 0.0
    outcome: str = "fail"
    exam_id: str | None = None
    attempts: int = 0
    cancelled: bool = False
    """A cancellation was acknowledged."""


@dataclass
class Habits:
    """How clients behave: shares of uploads."""

    keyless: float = 0.05
    never_repeat: float = 0.05
    batch: float = 0.3
    cancel: float = 0.05
    follow: float = 0.05
    poisons: dict[str, float] = field(default_factory=dict)
    """share by poison, as {"permanent@parser": 0.01}"""


class Uploaders:
    """Clients of a few tenants that upload at a pace, through whichever gateway answers."""

    def __init__(
        self, gateways: Callable[[], list[str]], keys: dict[str, str], journal: Path, seed: int, habits: Habits
    ) -> None:
        """`gateways` gives the addresses of the moment; `keys`: API key by tenant; `journal`: written as uploads end."""
        self.invocations: list[Invocation] = []
        self.violations: list[str] = []
        self.streams: Counter[str] = Counter()
        self._gateways = gateways
        self._keys = keys
        self._journal = journal
        self._chance = random.Random(seed)
        self._habits = habits
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(10, connect=2), trust_env=False, limits=httpx.Limits(max_connections=200)
        )
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)
        self._aside: set[asyncio.Task[None]] = set()

    @property
    def accepted(self) -> int:
        """Uploads that were answered 202."""
        return sum(one.outcome == "ok" for one in self.invocations)

    async def run(self, exams: int, rate: float, stop: asyncio.Event | None = None) -> None:
        """Upload so many papers, so many a second, or until told to stop; returns when all have an outcome."""
        for _ in range(exams):
            if stop and stop.is_set():
                break
            await self._turns.acquire()  # clients that wait for an answer don't send more
            self._begin(self._upload_one())
            await asyncio.sleep(self._chance.expovariate(rate))
        while under_way := {task for task in self._aside if task.get_name() != _FOLLOWER}:
            await asyncio.wait(under_way)

    async def followed(self) -> None:
        """Wait until those who follow an exam's events have seen its end."""
        while self._aside:
            await asyncio.wait(self._aside)

    async def verify(self) -> Counter[str]:
        """Ask for every accepted exam what became of it; outcomes, and `violations` for what contradicts the journal."""
        found: Counter[str] = Counter()
        turns = asyncio.Semaphore(8)

        async def one(invocation: Invocation) -> None:
            async with turns:
                found[await self._verified(invocation)] += 1

        await asyncio.gather(*(one(each) for each in self.invocations if each.outcome == "ok"))
        return found

    async def close(self) -> None:
        """Leave."""
        for task in self._aside:
            task.cancel()
        await asyncio.gather(*self._aside, return_exceptions=True)
        await self._http.aclose()

    # --- uploading

    def _new(self) -> Invocation:
        chance, habits = self._chance, self._habits
        marker = uuid.UUID(int=chance.getrandbits(128)).hex
        poison = next((name for name, share in habits.poisons.items() if chance.random() < share), "")
        keyless = chance.random() < habits.keyless
        return Invocation(
            marker=marker,
            sha256="",
            tenant=chance.choice(sorted(self._keys)),
            priority="batch" if chance.random() < habits.batch else "interactive",
            poison=poison,
            key=None if keyless else f"key-{marker}",
            repeats=not keyless and chance.random() >= habits.never_repeat,
        )

    async def _upload_one(self) -> None:
        chance, habits = self._chance, self._habits
        one = self._new()
        data = paper(Upload(one.marker, chance.randint(1, 3), one.poison), chance.randint(1200, 4000))
        one.sha256 = hashlib.sha256(data).hexdigest()
        one.started = time.time()
        cancels, follows = chance.random() < habits.cancel, chance.random() < habits.follow
        self.invocations.append(one)
        try:
            await self._attempts(one, data)
        except asyncio.CancelledError:
            one.outcome = "unknown"
            raise
        finally:
            one.ended = time.time()
            self._write(one)
            self._turns.release()
        if one.outcome == "ok" and cancels:
            self._begin(self._cancel(one, chance.choice((0.0, 0.1, 0.5, 2.0)) * chance.random()))
        if one.outcome == "ok" and follows:
            self._begin(self._follow(one), _FOLLOWER)

    async def _attempts(self, one: Invocation, data: bytes) -> None:
        """Until it is known what became of it, or until this client gives up."""
        unknown = False
        for attempt in range(40):
            one.attempts = attempt + 1
            said = await self._attempt(one, data)
            unknown = unknown or said == "unknown"
            if said in {"ok", "refused"}:
                one.outcome = said if said == "ok" else "unknown" if unknown else "fail"
                return
            if unknown and not one.repeats:
                break
            await asyncio.sleep(min(2.0, 0.2 * 1.5**attempt) * (0.5 + random.random()))
        one.outcome = "unknown" if unknown else "fail"

    async def _attempt(self, one: Invocation, data: bytes) -> str:
        """ok, refused (for good), fail (nothing was accepted, again later) or unknown."""
        fields = {"subject": "math", "grade": "7", "priority": one.priority, "student_id": one.marker[:8]}
        try:
            answer = await self._http.post(
                f"{self._gateway()}/api/v1/exams",
                data=fields,
                files=[("files", ("paper.pdf", data, "application/pdf"))],
                headers=self._headers(one) | ({"Idempotency-Key": one.key} if one.key else {}),
            )
        except httpx.ConnectError:
            return "fail"  # never sent
        except (httpx.HTTPError, IndexError):
            return "unknown"
        if answer.status_code in {200, 202}:
            exam_id = answer.json()["exam_id"]
            if one.exam_id not in {None, exam_id}:
                self.violations.append(f"one key, two exams: {one.exam_id} {exam_id}")
            one.exam_id = exam_id
            return "ok"
        if answer.status_code < 500 and answer.status_code not in {409, 429}:
            return "refused"
        # What a store that is away answers late may have been done all the same: the problem says so.
        nothing = answer.status_code < 500 or _problem(answer) == "overloaded"
        return "fail" if nothing else "unknown"

    # --- while it is under way

    async def _cancel(self, one: Invocation, after: float) -> None:
        await asyncio.sleep(after)
        for _ in range(8):
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._http.post(
                    f"{self._gateway()}/api/v1/exams/{one.exam_id}/cancel", headers=self._headers(one)
                )
                if answer.status_code == httpx.codes.OK:
                    one.cancelled = True
                if answer.status_code < 500:
                    return
            await asyncio.sleep(0.5)

    async def _follow(self, one: Invocation) -> None:
        """Read the exam's events through drops and resumptions: numbers without gap or repeat, one final event."""
        last, final, until = 0, False, time.monotonic() + _FOLLOWED_SECONDS
        while not final and time.monotonic() < until:
            headers = self._headers(one) | ({"Last-Event-ID": str(last)} if last else {})
            drop_after = self._chance.randint(1, 6)
            with contextlib.suppress(httpx.HTTPError, TimeoutError):
                url = f"{self._gateway()}/api/v1/exams/{one.exam_id}/events"
                async with (
                    asyncio.timeout(30),
                    httpx.AsyncClient(
                        timeout=20, trust_env=False
                    ) as http,  # of its own: a dropped stream takes it along
                    http.stream("GET", url, headers=headers) as answer,
                ):
                    if answer.status_code != httpx.codes.OK:
                        await asyncio.sleep(0.5)
                        continue
                    async for line in answer.aiter_lines():
                        if not line.startswith("data:"):
                            continue
                        event = json.loads(line.removeprefix("data:"))
                        if event["number"] != last + 1:
                            self.violations.append(f"stream of {one.exam_id}: {event['number']} after {last}")
                        last, final = event["number"], event["final"]
                        drop_after -= 1
                        if final or not drop_after:
                            break
            self.streams["resumed" if not final else "followed to the end"] += 1
            await asyncio.sleep(0.05)
        if not final:
            self.streams["given up"] += 1

    # --- afterwards

    async def _verified(self, one: Invocation) -> str:
        status = (await self._get(one, "/status")).json()
        name = status.get("status", "missing")
        if name not in ENDED:
            self.violations.append(f"{one.exam_id} was accepted and is {name}")
        if one.cancelled and name != "CANCELLED":
            self.violations.append(f"{one.exam_id}: cancellation acknowledged, yet {name}")
        if name == "COMPLETED":
            result = (await self._get(one, "/result")).json()
            told = (result.get("diagnosis") or {}).get("summary", "")
            if result.get("title") != one.marker or not told.startswith(one.marker):
                self.violations.append(f"{one.exam_id}: the report is not of what was uploaded")
            if one.poison and not one.poison.startswith("transient-once"):
                self.violations.append(f"{one.exam_id}: {one.poison} completed")
        if name != "FAILED":
            return name
        code = status.get("error_code") or (await self._get(one, "")).json().get("error_code")
        if code is None:
            self.violations.append(f"{one.exam_id} failed without a code")
        expected = _CODES.get(one.poison.partition("@")[0], set())
        return f"FAILED as ordered ({code})" if code in expected else f"FAILED by the faults ({code})"

    async def _get(self, one: Invocation, path: str) -> httpx.Response:
        for _ in range(30):
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._http.get(
                    f"{self._gateway()}/api/v1/exams/{one.exam_id}{path}", headers=self._headers(one)
                )
                if answer.status_code < 500:
                    return answer
            await asyncio.sleep(0.5)
        self.violations.append(f"{one.exam_id}: no answer to {path}")
        return httpx.Response(599, json={})

    # --- parts

    def _gateway(self) -> str:
        return random.choice(self._gateways())

    def _headers(self, one: Invocation) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys[one.tenant]}"}

    def _begin(self, work: Coroutine[Any, Any, None], name: str | None = None) -> None:
        task = asyncio.create_task(work, name=name)
        self._aside.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._aside.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.violations.append(f"a client failed: {error!r}")

    def _write(self, one: Invocation) -> None:
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(asdict(one)) + "\n")


def _problem(answer: httpx.Response) -> str | None:
    """The code of a refusal, if it says one."""
    try:
        return str(answer.json().get("code"))
    except ValueError:
        return None
