"""The tortured processes: forked from a zygote, watched, and started again when they die, as an orchestrator would."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from deploy.native.process import free_port
from tests.faults.process import FOLDER, NAME, ROLES

ROOT = Path(__file__).parents[2]
_BACK_OFF = 0.3
"""Seconds before a process that died is started again."""


class Zygote:
    """The parent of all tortured processes (tests.faults.zygote)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._forked: dict[int, asyncio.Future[tuple[int, asyncio.Future[int]]]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._count = 0
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, log: Path) -> "Zygote":
        """Start it and wait until it has imported everything."""
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.zygote", str(os.getpid())),
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=out,
            )
        assert process.stdout is not None
        if not await process.stdout.readline():
            raise RuntimeError(f"the zygote did not start; see {log}")
        return cls(process)

    async def fork(self, env: Mapping[str, str], log: Path) -> tuple[int, "asyncio.Future[int]"]:
        """(pid, its exit code to come) of a new process."""
        self._count += 1
        number = self._count
        forked: asyncio.Future[tuple[int, asyncio.Future[int]]] = asyncio.get_running_loop().create_future()
        self._forked[number] = forked
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps({"id": number, "env": dict(env), "log": str(log)}) + "\n").encode())
        return await asyncio.shield(forked)  # the answer comes though nobody may wait for it any more

    async def stop(self) -> None:
        """End it, and with it what it forked."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._listening

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            event = json.loads(line)
            if "pid" in event:
                ended = self._ended[event["pid"]] = loop.create_future()
                self._forked.pop(event["id"]).set_result((event["pid"], ended))  # it may end before anyone looks
            else:
                self._ended.pop(event["exited"]).set_result(event["code"])
        for future in (*self._forked.values(), *self._ended.values()):
            future.cancel()


@dataclass
class Member:
    """One tortured process by name, over all its lives."""

    name: str
    roles: tuple[str, ...]
    env: dict[str, str]
    port: int = field(default_factory=free_port)
    wanted: bool = False
    pid: int | None = None
    starts: int = 0
    ended: "asyncio.Future[int] | None" = None
    watch: "asyncio.Task[None] | None" = None
    exits: Counter[int] = field(default_factory=Counter)

    @property
    def url(self) -> str:
        """Where its HTTP answers."""
        return f"http://127.0.0.1:{self.port}"


class Processes:
    """Members by name, as gateway-1, ocr-1, ocr-2."""

    def __init__(self, zygote: Zygote, folder: Path, env: Mapping[str, str]) -> None:
        self.members: dict[str, Member] = {}
        self.env = dict(env)
        self._zygote = zygote
        self._folder = folder
        self._http = httpx.AsyncClient(timeout=3, trust_env=False)

    def of(self, role: str) -> list[str]:
        """The names of a role's members that are meant to run."""
        return [name for name, member in self.members.items() if role in member.roles and member.wanted]

    async def start(self, name: str, *roles: str, **env: str) -> None:
        """Start a member (`ocr-2` has the role ocr unless told otherwise) and keep it running; doesn't wait for ready."""
        member = self.members.get(name)
        if member is None:
            member = self.members[name] = Member(name, roles or (name.rpartition("-")[0],), env)
        member.env.update(env)
        member.wanted = True
        if member.pid is None:
            await self._fork(member)

    async def stop(self, name: str, within: float = 90.0) -> int | None:
        """SIGTERM, and the exit code; killed, and None, when it did not drain in time."""
        member = self.members[name]
        member.wanted = False
        if member.ended is None:
            return 0
        self.signal(name, signal.SIGTERM)
        done, _ = await asyncio.wait({member.ended}, timeout=within)
        if not done:
            self.signal(name, signal.SIGKILL)
            await asyncio.wait({member.ended})
            return None
        return member.ended.result()

    async def kill(self, name: str, *, again: bool = True) -> None:
        """SIGKILL; started again at once if it is to live on."""
        member = self.members[name]
        member.wanted = member.wanted and again
        self.signal(name, signal.SIGKILL)
        if member.ended:
            await asyncio.wait({member.ended})

    def pause(self, name: str) -> None:
        """SIGSTOP: the process lives, holds its connections, and does nothing."""
        self.signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT."""
        self.signal(name, signal.SIGCONT)

    def signal(self, name: str, number: int) -> None:
        """Signal a member if it is alive."""
        pid = self.members[name].pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    async def ready(self, *names: str, within: float = 180.0) -> None:
        """Wait until each says that it is ready; TimeoutError with what it says instead."""
        for name in names:
            said = ""
            try:
                async with asyncio.timeout(within):
                    while said != "ready":
                        said = await self._asked(name)
                        await asyncio.sleep(0 if said == "ready" else 0.1)
            except TimeoutError:
                raise TimeoutError(f"{name} is not ready: {said}\n{self.tail(name)}") from None

    async def is_ready(self, name: str) -> bool:
        """Whether it says so now."""
        return await self._asked(name) == "ready"

    async def metrics(self, name: str) -> dict[str, float]:
        """Samples by name and labels, as `redink_dead_total{reason="invalid",stage="ocr"}`; empty when it is away."""
        try:
            text = (await self._http.get(f"{self.members[name].url}/metrics")).text
        except httpx.HTTPError:
            return {}
        lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
        return {sample: float(value) for sample, _, value in lines}

    def tail(self, name: str, lines: int = 15) -> str:
        """The last lines that it wrote."""
        path = self._folder / f"{name}.log"
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:]) if path.exists() else ""

    async def close(self, *, drain: bool = False) -> None:
        """End all: at once, or drained."""
        if drain:
            await asyncio.gather(*(self.stop(name) for name in self.members))
        for member in self.members.values():
            member.wanted = False
            if member.watch:
                member.watch.cancel()
        await self._zygote.stop()
        await self._http.aclose()

    async def _asked(self, name: str) -> str:
        try:
            answer = await self._http.get(f"{self.members[name].url}/readyz")
        except httpx.HTTPError as error:
            return type(error).__name__
        return "ready" if answer.is_success else answer.text

    async def _fork(self, member: Member) -> None:
        env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "TZ") if name in os.environ}
        env |= self.env | member.env
        env |= {NAME: member.name, ROLES: ",".join(member.roles), FOLDER: str(self._folder)}
        env |= {"REDINK_HTTP_PORT": str(member.port), "REDINK_HTTP_HOST": "127.0.0.1"}
        member.pid, member.ended = await self._zygote.fork(env, self._folder / f"{member.name}.log")
        member.starts += 1
        member.watch = asyncio.create_task(self._watch(member, member.ended))

    async def _watch(self, member: Member, ended: "asyncio.Future[int]") -> None:
        """Start it again when it dies; a failing fork has no other reason than the zygote's end."""
        code = await asyncio.shield(ended)
        member.exits[code] += 1
        member.pid = None
        await asyncio.sleep(_BACK_OFF)
        if member.wanted and member.pid is None:
            await self._fork(member)

    def snapshot(self) -> dict[str, Any]:
        """Starts and exit codes per member."""
        return {name: {"starts": m.starts, "exits": dict(m.exits)} for name, m in self.members.items()}
