"""Processor time of trees of processes."""

from collections.abc import Iterable

import psutil


def seconds(roots: Iterable[int | None]) -> float:
    """CPU seconds that these processes and all below them have used so far, those that ended included.

    What a parent has waited for is in its own account, so each living process's account counts once.
    """
    total = 0.0
    for root in roots:
        if root is None:
            continue
        try:
            first = psutil.Process(root)
            family = [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for process in family:
            try:
                spent = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += spent.user + spent.system + spent.children_user + spent.children_system
    return total
