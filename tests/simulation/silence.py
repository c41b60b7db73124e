"""Logs and metrics off: a simulated second costs microseconds, a formatted log line more than that."""

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

import structlog
from prometheus_client.metrics import MetricWrapperBase


class _Nothing:
    """A logger that says nothing."""

    def __init__(self, *_args: Any, **_more: Any) -> None: ...

    def bind(self, **_more: Any) -> "_Nothing":
        return self

    def _ignore(self, *_args: Any, **_more: Any) -> None: ...

    debug = info = warning = error = critical = exception = _ignore


class _Uncounted:
    """A metric nobody reads."""

    def _ignore(self, *_args: Any) -> None: ...

    inc = dec = set = observe = set_to_current_time = _ignore

    def track_inprogress(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """While it lasts, nothing is logged or counted, and garbage is collected only when asked for."""
    uncounted, labels, config = _Uncounted(), MetricWrapperBase.labels, structlog.get_config()
    collecting = gc.isenabled()
    structlog.configure(wrapper_class=_Nothing, processors=[])  # type: ignore[arg-type]
    MetricWrapperBase.labels = lambda *_args, **_more: uncounted  # type: ignore[assignment, method-assign]
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        MetricWrapperBase.labels = labels  # type: ignore[method-assign]
        structlog.configure(**config)
        gc.unfreeze()
        if collecting:
            gc.enable()
