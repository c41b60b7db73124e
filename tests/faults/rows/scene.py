"""The world as a row sees it: uploads, deaths at named places, what the books and the topics say of it."""

import asyncio
import secrets
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from runtime.kafka import open_kafka
from runtime.settings import KafkaSettings
from tests.faults.light_pool import Upload, paper
from tests.faults.points import DIED
from tests.faults.rows.books import Books, open_books
from tests.faults.rows.evidence import BUSY, Evidence, NotInjected, Unexpected, until
from tests.faults.rows.wire import Wire
from tests.faults.world import World

TENANT, OTHER_TENANT = "school-a", "school-b"


@dataclass(frozen=True)
class Request:
    """An upload that can be sent again byte by byte, as a client does who heard no answer."""

    key: str
    tag: str
    body: bytes
    priority: str = "interactive"
    tenant: str = TENANT


@dataclass(frozen=True)
class Armed:
    """A place where a process is to die; `struck` ends with the first death there, and has disarmed it."""

    name: str
    place: str
    struck: "asyncio.Task[None]"


@dataclass
class Scene:
    """One row's stay in the world. `tag`: the class that all its uploads name."""

    world: World
    books: Books
    wire: Wire
    evidence: Evidence
    http: httpx.AsyncClient
    tag: str = field(default_factory=lambda: f"row-{secrets.token_hex(4)}")

    # --- uploads

    def request(self, poison: str = "", *, pages: int = 1, size: int = 0, **more: str) -> Request:
        """A new upload; `poison` as in tests.faults.light."""
        marker = secrets.token_hex(8)
        body = paper(Upload(marker, pages, poison), size)
        return Request(f"key-{marker}", self.tag, body, **more)

    async def offer(self, request: Request, gateway: str = "gateway-1", patience: float = 20) -> httpx.Response | None:
        """Send it once; None when there came no answer."""
        try:
            return await self.http.post(
                f"{self.url(gateway)}/api/v1/exams",
                data={"subject": "math", "grade": "7", "class_id": request.tag, "priority": request.priority},
                files=[("files", ("p.pdf", request.body, "application/pdf"))],
                headers=self.auth(request.tenant) | {"Idempotency-Key": request.key},
                timeout=patience,
            )
        except httpx.TransportError:
            return None

    async def accepted(self, request: Request, gateway: str = "gateway-1", within: float = 40) -> str:
        """Send it again and again, as a client should, until it is answered 202; the exam."""

        async def once() -> str | None:
            answer = await self.offer(request, gateway)
            if answer is not None and answer.status_code == httpx.codes.ACCEPTED:
                return str(answer.json()["exam_id"])
            if answer is not None and answer.status_code not in {409, 429, 503}:
                raise Unexpected(f"an upload was answered {answer.status_code}: {answer.text}")
            return None

        return await until("the upload is accepted", once, within, pause=0.3)

    async def upload(self, poison: str = "", *, gateway: str = "gateway-1", pages: int = 1, **more: str) -> str:
        """A new upload, accepted; the exam."""
        return await self.accepted(self.request(poison, pages=pages, **more), gateway)

    async def uploads(self, count: int, **options: Any) -> list[str]:
        """Several, side by side."""
        return list(await asyncio.gather(*(self.upload(**options) for _ in range(count))))

    # --- the API

    def url(self, gateway: str = "gateway-1") -> str:
        """Where a gateway answers."""
        return self.world.processes.members[gateway].url

    def auth(self, tenant: str = TENANT) -> dict[str, str]:
        """A tenant's credentials."""
        return {"Authorization": f"Bearer {self.world.keys[tenant]}"}

    async def ask(self, method: str, path: str, gateway: str = "gateway-1", **more: Any) -> httpx.Response:
        """Call the API."""
        return await self.http.request(method, f"{self.url(gateway)}/api/v1{path}", headers=self.auth(), **more)

    # --- what comes of an exam

    async def ended(self, exam: str, within: float = 40) -> str:
        """Wait for the exam's end; how it ended."""
        return await until(f"exam {exam} has ended", lambda: self.books.ended(exam), within)

    async def completes(self, *exams: str, within: float = 60) -> None:
        """Each of these is COMPLETED, once, with rising positions."""
        ends = await asyncio.gather(*(self.ended(exam, within) for exam in exams))
        self.evidence.saw(f"{len(exams)} COMPLETED", set(ends) == {"COMPLETED"}, Counter(ends))
        await self.ends_once(*exams)

    async def ends_once(self, *exams: str) -> None:
        """Exactly one terminal event each, the last one; no event is told twice, and the numbers have no gap."""
        for exam in exams:
            told = await self.books.told(exam)
            endings = await self.books.endings(exam)
            if endings != 1 or await self.books.ended(exam) != told[-1]:
                raise Unexpected(f"exam {exam} ended {endings} times: {told}")
            if repeated := await self.books.repeated(exam):
                raise Unexpected(f"exam {exam} was told twice that it is {repeated}")
        if torn := await self.books.torn():
            raise Unexpected(f"half of a transaction is left of {torn}")
        self.evidence.saw(f"one terminal event for each of {len(exams)}, none told twice", exams)

    async def one_story(self, *exams: str) -> None:
        """Every event of one stage about an exam refers to the same artefact, however often it was said."""
        for stories in (await self.wire.stories(*exams)).values():
            self.evidence.saw(
                f"one artefact per stage in {sum(map(len, stories.values()))} sink events",
                stories and all(len(set(refs)) == 1 for refs in stories.values()),
                stories,
            )

    def executions(self, exam: str, stage: str, what: str = "done") -> int:
        """How often a stage did its work on an exam (`begun` or `done`)."""
        return sum(
            fact["what"] == what and fact["exam"] == exam and fact["stage"] == stage for fact in self.world.executions
        )

    # --- faults

    def order(self, name: str, **kinds: Any) -> None:
        """Order a failure of a process or a role (see tests.faults.orders)."""
        self.world.commands.set(name, **kinds)

    def arm(self, name: str, place: str, within: float = 25, passing: int = 1) -> Armed:
        """The named process, or the first of the role, is to die when it comes to this place for the n-th time."""
        before = self.deaths(place)
        self.order(name, crash=f"{place}#{passing}")
        return Armed(name, place, asyncio.create_task(self._disarm(name, place, before, within)))

    async def _disarm(self, name: str, place: str, before: int, within: float) -> None:
        """At once after the death: the process that follows would die there, too."""
        deadline = time.monotonic() + BUSY * within
        while self.deaths(place) == before:
            if time.monotonic() > deadline:
                self.order(name, crash=None)
                raise NotInjected(f"{name} did not die at {place} in {within:.0f} s")
            await asyncio.sleep(0.02)
        self.order(name, crash=None)

    def deaths(self, place: str) -> int:
        """How often a process died at a place."""
        return sum(fact.get("point") == place for fact in self.world.faults)

    def injected(self, kind: str) -> int:
        """How often a port was ill in this way."""
        return sum(fact["kind"] == kind for fact in self.world.faults)

    async def struck(self, armed: Armed) -> None:
        """The death came, with exit code 137, and everybody is ready again. NotInjected when it did not come."""
        await armed.struck
        role = armed.place.partition(".")[0]
        names = [name for name in self.world.processes.members if armed.name in {name, name.rpartition("-")[0]}]
        exits = await until("the exit is seen", lambda: self.exits(names, DIED), 5)
        self.evidence.did(f"{armed.name} exited {DIED} at {armed.place}", exits)
        await self.alive(*self.world.processes.of(role))

    async def alive(self, *names: str) -> None:
        """Each answers HTTP; a consumer may still be joining its group."""
        for name in names:
            await until(f"{name} answers", lambda name=name: self.world.processes.metrics(name), 20)

    async def sample(self, sample: str, *names: str) -> float:
        """A metric's sample, summed over processes."""
        return sum([(await self.world.processes.metrics(name)).get(sample, 0.0) for name in names])

    def exits(self, names: Iterable[str], code: int) -> int:
        """How often processes exited with a code."""
        return sum(self.world.processes.members[name].exits[code] for name in names)

    @asynccontextmanager
    async def special(self, name: str, replaces: Iterable[str] = (), **env: str) -> AsyncIterator[str]:
        """A member with settings of its own for a while, instead of others."""
        processes, replaced = self.world.processes, list(replaces)
        for other in replaced:
            await processes.stop(other, 20)
        await processes.start(name, **env)
        try:
            await (processes.ready(name) if replaced else self.alive(name))
            yield name
        finally:
            await processes.stop(name, 20)
            for other in replaced:
                await processes.start(other)
            await processes.ready(*replaced)


@asynccontextmanager
async def open_scene(world: World, evidence: Evidence) -> AsyncIterator[Scene]:
    """Connect to what the world stands on; the row leaves a healed world."""
    settings = KafkaSettings(
        bootstrap=world.servers.bootstrap,
        profile=world.servers.profile,
        topic_prefix=world.servers.topic_prefix,
        publish_timeout=10,
    )
    async with AsyncExitStack() as stack:
        books = await stack.enter_async_context(open_books(world.servers.dsn))
        kafka = await stack.enter_async_context(open_kafka(settings))
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=20, trust_env=False))
        try:
            yield Scene(world, books, Wire(kafka, settings), evidence, http)
        finally:
            world.heal()


def new_id() -> uuid.UUID:
    """An exam that nobody uploaded."""
    return uuid.uuid4()
