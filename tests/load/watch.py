"""What processes take while a load runs: memory over time, CPU, and what they say at /metrics."""

import threading
import time
import urllib.request
from collections.abc import Sequence

import psutil

from bench.pipeline_overhead.processor import seconds
from deploy.native.process import Child

_EVERY = 1.0
_MIB = 1024 * 1024


class Watch:
    """Memory (MiB, of a process and all below it) once a second, and CPU seconds since the beginning."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = list(children)
        self._before = self._cpu()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.memory: dict[str, list[tuple[float, float]]] = {child.name: [] for child in children}
        self._thread.start()

    def stop(self) -> dict[str, float]:
        """CPU seconds of each."""
        self._done.set()
        self._thread.join()
        return {name: used - self._before[name] for name, used in self._cpu().items()}

    def _cpu(self) -> dict[str, float]:
        return {child.name: seconds([child.pid]) for child in self._children}

    def _run(self) -> None:
        while not self._done.wait(_EVERY):
            for child in self._children:
                if (pid := child.pid) is not None:
                    self.memory[child.name].append((time.time(), _memory(pid)))


def _memory(root: int) -> float:
    """MiB of what is not shared with others: pages that forked servers have in common would be counted many times."""
    total = 0
    try:
        family = [psutil.Process(root), *psutil.Process(root).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in family:
        try:
            found = process.memory_info()
        except psutil.NoSuchProcess:
            continue
        total += found.rss - found.shared
    return total / _MIB


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Least squares: MiB a minute. 0 of fewer than two samples."""
    if len(samples) < 2:
        return 0.0
    middle = sum(at for at, _ in samples) / len(samples)
    mean = sum(value for _, value in samples) / len(samples)
    spread = sum((at - middle) ** 2 for at, _ in samples)
    return 60 * sum((at - middle) * (value - mean) for at, value in samples) / spread if spread else 0.0


def counters(url: str, family: str) -> list[tuple[str | float, ...]]:
    """The samples of a counter at /metrics: the values of its labels in their order, and its own."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    found = []
    for line in lines:
        if line.startswith(f"{family}{{"):
            labels, _, value = line.removeprefix(f"{family}{{").rpartition("} ")
            found.append((*(part.split("=", 1)[1].strip('"') for part in labels.split(",")), float(value)))
    return found
