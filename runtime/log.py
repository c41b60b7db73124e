"""One JSON line per log entry, ours and libraries'; what a record is about travels in context variables."""

import logging
import sys
import traceback
from pathlib import Path
from typing import TextIO

import structlog

_OURS = {"contracts", "runtime", "services"}
_NOISY = {
    "opentelemetry": "ERROR",
    "aiokafka": "WARNING",
    "asyncpg": "ERROR",  # its pool writes a stack each time that it can't connect; who needed the connection says so
    "faststream": "WARNING",
    "uvicorn.access": "WARNING",
    "asyncio": "WARNING",
    "httpx": "WARNING",
}


def configure(level: str, stream: TextIO | None = None) -> None:
    """Route structlog and the standard library to one JSON formatter on `stream` (default: standard error)."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        # What isn't written need not be made ready first.
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, threshold in _NOISY.items():
        logging.getLogger(name).setLevel(max(logging.getLevelName(threshold), logging.getLevelName(level)))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger of that name."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def what(error: BaseException) -> str:
    """An error as a log may have it: its class, and its message only when it is one of ours.

    Messages of strangers (a parser, a codec, a database) quote what they were given, which is an exam.
    """
    kind = type(error)
    ours = kind.__module__.split(".")[0] in {"contracts", "runtime"}
    return f"{kind.__name__}: {error}"[:300] if ours else kind.__name__


def where(error: BaseException) -> str:
    """The innermost frame of our own code, as file:line function; code has no exam text."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if _OURS.intersection(Path(frame.filename).parts)
    ]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno} {frames[-1].name}" if frames else ""
