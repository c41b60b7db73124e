"""`python -m deploy.native up | reset | demo`: what `make up`, `make reset` and `make demo` run."""

import argparse
import contextlib
import logging
import os
import secrets
import shlex
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from deploy.native.process import ChildFailed
from deploy.native.services import ROOT, Service, create_topics, services
from deploy.native.stack import BrokerKind, Stack, embedded_stack, lock

DATA = ROOT / ".redink"


def dev_key(data_dir: Path) -> str:
    """The development key: made once, readable by its owner only."""
    if given := os.environ.get("REDINK_GATEWAY_DEV_KEY"):
        return given
    path = data_dir / "dev-key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"rk_dev_{secrets.token_hex(24)}\n")
    return path.read_text().strip()


@contextlib.contextmanager
def running(
    data_dir: Path, port: int, *, mode: str = "one", broker: BrokerKind = "tansu"
) -> Iterator[tuple[Stack, Service]]:
    """The stack and the services on top, ready; yields the stack and the process with the API."""
    key = dev_key(data_dir)
    with embedded_stack(data_dir, broker, given=os.environ) as stack:
        settings = {**stack.environment(), "REDINK_GATEWAY_DEV_KEY": key, **_opener(data_dir)}
        create_topics(settings)
        stack.on_restart = lambda child: create_topics(settings) if child is stack.broker else None
        children = services(mode, data_dir, port, settings)
        stack.supervisor.start(*children)
        yield stack, children[-1]


@contextlib.contextmanager
def _environment(data_dir: Path, stack: Stack) -> Iterator[Path]:
    """A file for shells in which the operators' tools are to find this stack, while it runs; it holds the database's password."""
    path = data_dir / "env"
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in stack.environment().items())
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _opener(data_dir: Path) -> dict[str, str]:
    """The gateway looks at uploads by way of ocr's opener, unless the path is too long for a socket."""
    path = str(data_dir.resolve() / "opener.sock")
    return {} if len(path) > 100 else {"REDINK_OCR_OPENER_SOCKET": path, "REDINK_GATEWAY_OPENER": path}


def up(arguments: argparse.Namespace) -> None:
    """Run until a signal comes, or a child can't be kept alive."""
    started = time.monotonic()
    print("starting Redink …", flush=True)
    with (
        running(arguments.data, arguments.port, mode=arguments.stages, broker=arguments.broker) as (stack, gateway),
        _environment(arguments.data, stack) as environment,
    ):
        print(f"ready in {time.monotonic() - started:.1f} s: {gateway.url}/api/v1   (for people: {gateway.url})")
        print(f"API key: {dev_key(arguments.data)}   (also in {arguments.data / 'dev-key'})")
        print(f"logs: {arguments.data / 'log'}   tools: . {environment}; python -m services audit")
        print("Ctrl-C stops it", flush=True)
        while True:
            time.sleep(0.2)
            stack.supervisor.check()


def reset(arguments: argparse.Namespace) -> None:
    """Forget exams, records and logs; the key stays, since it is in people's scripts."""
    with lock(arguments.data):
        for path in arguments.data.iterdir():
            if path.name in {"lock", "dev-key"}:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    print(f"{arguments.data} is empty")


def demo(arguments: argparse.Namespace) -> None:
    """One real paper through everything."""
    from deploy.native.demo import run  # noqa: PLC0415 - it needs the HTTP client

    folder: Path = arguments.data / "demo"
    shutil.rmtree(folder / "stack", ignore_errors=True)
    print("starting Redink …", flush=True)
    with running(folder / "stack", 0) as (_, gateway):
        run(gateway.url, dev_key(folder / "stack"), folder)


def _stop_on_signals() -> None:
    """The first signal unwinds, so that all is stopped in order; a second one ends at once, and the kernel the children."""

    def stop(signum: int, _: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, lambda *_: os._exit(1))
        print("stopping …", flush=True)
        raise SystemExit(0 if signum == signal.SIGTERM else 128 + signum)

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, stop)


def main() -> None:
    """Parse and run; what fails is said in one line, not in a traceback."""
    parser = argparse.ArgumentParser(prog="python -m deploy.native", description=__doc__)
    parser.add_argument("command", choices=["up", "reset", "demo"])
    parser.add_argument("--data", type=Path, default=DATA, help="where everything is kept (default: .redink)")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="the API's port")
    parser.add_argument("--stages", default=os.environ.get("STAGES") or "one", help="one process, or one per stage")
    parser.add_argument("--broker", choices=["tansu", "kafka"], default=os.environ.get("BROKER") or "tansu")
    arguments = parser.parse_args()
    arguments.data = arguments.data.resolve()
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    _stop_on_signals()
    try:
        {"up": up, "reset": reset, "demo": demo}[arguments.command](arguments)
    except ChildFailed as error:
        raise SystemExit(f"redink: {error}") from None


if __name__ == "__main__":
    main()
