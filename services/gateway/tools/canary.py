"""`python -m services canary`: a synthetic exam each minute, measured at /metrics; `--once` for one and its outcome."""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Sequence

from prometheus_client import start_http_server

from runtime import log
from runtime.settings import BadSettings, HttpSettings, LogSettings, load
from services.gateway.canary.client import Client
from services.gateway.canary.settings import CanarySettings
from services.gateway.canary.watch import Canary
from services.gateway.tools.console import complain

_EPILOG = """\
It never touches exams other than its own, and deletes those when they have ended. Settings: REDINK_CANARY_URL, _KEY,
_EVERY_SECONDS, _LIMIT_SECONDS. The key is that of a tenant of its own, which is measured and not billed; a gateway that
has the same REDINK_CANARY_KEY makes it, and its tenant, by itself.

exit codes: 0 it came out right, or it was told to stop; 1 it did not; 2 settings are missing or wrong

examples:
  python -m services keys create --tenant canary --canary --scopes exams:read,exams:write,exams:delete
  REDINK_CANARY_KEY=rk_... python -m services canary --once
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM, or once; the exit code."""
    asked = _parser().parse_args(argv)
    try:
        settings, http = load(CanarySettings), load(HttpSettings)
        log.configure(load(LogSettings).level)
    except BadSettings as error:
        complain(f"canary: {error}")
        return 2
    if settings.key is None:
        complain("canary: REDINK_CANARY_KEY: an API key is needed")
        return 2
    canary = Canary(Client(str(settings.url), settings.key.get_secret_value()), settings.limit_seconds)
    if asked.once:
        outcome = canary.run(_seed())
        print(outcome)  # noqa: T201 - a command's output
        return 0 if outcome == "good" else 1
    _for_ever(canary, settings.every_seconds, http)
    return 0


def _for_ever(canary: Canary, every: float, http: HttpSettings) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server, serving = start_http_server(http.port, http.host)
    due = time.monotonic()
    while not stop.is_set():
        threading.Thread(target=canary.run, args=[_seed()], name="synthetic exam", daemon=True).start()
        due = max(due + every, time.monotonic())
        stop.wait(due - time.monotonic())
    server.shutdown()
    serving.join()


def _seed() -> int:
    return time.time_ns() % sys.maxsize


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services canary",
        description="Upload a drawn paper as a client would, wait for its result, judge it, delete it; again each minute.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--once", action="store_true", help="one paper; print its outcome: good, wrong, late or failed")
    return parser
