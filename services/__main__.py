"""The composition root: `python -m services ocr`, `python -m services all`; the two differ in what they list only.

Operators' tools have arguments of their own and are handed them: `python -m services audit --json`.
"""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from importlib import metadata

from contracts.topics import STAGES
from runtime import log
from runtime.kafka import KafkaError, open_kafka
from runtime.process import OpenGateway, OpenStage, exit_after, run
from runtime.settings import BadSettings, Settings
from runtime.variables import known, misspelt

STAGE_NAMES = tuple(row.name for row in STAGES)
GATEWAY, ALL, TOPICS = "gateway", "all", "topics"
TOOLS = {
    "audit": "is no exam lost, and none reported twice? Checks the live installation, changes nothing",
    "dlq": "dead letters: list, show, redrive",
    "replay": "run exams again from a stage, as new revisions",
    "keys": "API keys of tenants: create, list, rotate, revoke",
    "canary": "a synthetic exam each minute, as a client would; measured, not billed",
    "capacity": "replicas, partitions and latency for an arrival rate, from measured service times",
    "migrate": "bring the database's schema up to date, and end",
    "rebuild": "compare the exams' rows with what the topics say, and mend them",
}
"""Modules of `services.gateway.tools`: they need the gateway's dependencies, and are imported when asked for."""
PATIENCE = 60.0
"""Seconds that a command waits for a broker."""
LAST_THREADS = 5.0
"""Seconds that threads (of a hung disk, as it may be) get to end once all else is closed."""
UNAVAILABLE = 69
"""Exit code of a command that needs what isn't there (EX_UNAVAILABLE)."""
CONFIGURATION = 78
"""Exit code when the configuration is wrong (EX_CONFIG)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments name; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in TOOLS:
        for name, nearest in misspelt(os.environ, known()).items():
            print(f"nobody reads {name}: is {nearest} meant?", file=sys.stderr)  # noqa: T201 - beside a tool's output
        tool: Callable[[Sequence[str]], int] = importlib.import_module(f"services.gateway.tools.{words[0]}").main
        return tool(words[1:])
    names = _parser().parse_args(words).names
    try:
        settings = Settings()
        log.configure(settings.log.level)
        for name, nearest in misspelt(os.environ, known()).items():
            log.get("redink").warning("nobody reads this variable", variable=name, nearest=nearest)
        return _topics(settings) if names == [TOPICS] else asyncio.run(_run(settings, names))
    except BadSettings as error:
        return _complain(f"configuration: {error}", CONFIGURATION)


def open_stage_of(name: str) -> OpenStage:
    """A service's opener; imported when asked for, so that an image needs only its own service's dependencies."""
    opener: OpenStage = importlib.import_module(f"services.{name}.stage").open_stage
    return opener


def _open_gateway() -> OpenGateway:
    opener: OpenGateway = importlib.import_module("services.gateway.app").open_gateway
    return opener


async def _run(settings: Settings, names: Sequence[str]) -> int:
    wanted = (*STAGE_NAMES, GATEWAY) if ALL in names else tuple(dict.fromkeys(names))
    stages = {name: open_stage_of(name) for name in wanted if name != GATEWAY}
    code = await run(settings, stages, _open_gateway() if GATEWAY in wanted else None, _version())
    exit_after(LAST_THREADS, code).start()  # the interpreter would wait for them for ever
    return code


def _topics(settings: Settings) -> int:
    """Create the topics; their names on stdout, one line on stderr where no broker lets that be done."""
    at = settings.kafka.bootstrap
    try:
        for name in asyncio.run(_created(settings)):
            print(name)  # noqa: T201 - a command's output
    except TimeoutError:
        return _complain(f"topics: no broker answers at {at}: start it, or mend REDINK_KAFKA_BOOTSTRAP", UNAVAILABLE)
    except (KafkaError, OSError) as error:
        return _complain(f"topics: the broker at {at} does not do that: {type(error).__name__}", UNAVAILABLE)
    return 0


async def _created(settings: Settings) -> list[str]:
    async with open_kafka(settings.kafka, PATIENCE) as kafka:
        return await kafka.create_topics()


def _complain(what: str, code: int) -> int:
    """Say in one line why nothing can be done; the exit code."""
    print(what, file=sys.stderr)  # noqa: T201 - there may be no logging yet
    return code


def _version() -> str:
    try:
        return metadata.version("redink")
    except metadata.PackageNotFoundError:  # run from a checkout
        return "0+checkout"


_EPILOG = "\n".join(
    [
        "operators' tools (`python -m services TOOL --help`):",
        *(f"  {name:9}{what}" for name, what in TOOLS.items()),
        "",
        "Configuration comes from the environment (REDINK_*): see docs/configuration.md.",
    ]
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services",
        description="Run stages of the pipeline, the gateway, or both in one process; or create the topics.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="+",
        choices=[*STAGE_NAMES, GATEWAY, ALL, TOPICS],
        metavar="name",
        help=f"{', '.join(STAGE_NAMES)}, {GATEWAY}; {ALL} = all of these; {TOPICS} = create the topics and exit",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
