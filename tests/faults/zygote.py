"""A process that has imported everything and started nothing: forking it makes a restart cost 50 ms instead of 2 s.

Requests are lines of JSON on stdin: {"id", "env", "log"}. Events are lines on stdout: {"ready"}, {"id", "pid"},
{"exited": pid, "code": n}. Its children die with it, and it dies with whoever started it.
"""

# Nothing heavy is imported here: the processes of a stage's pool import the main module of their parent.

import ctypes
import json
import os
import select
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until stdin ends."""
    _die_with(int(sys.argv[1]))
    _import_everything()
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    _say(ready=True)
    rest = b""
    while True:
        readable, _, _ = select.select([0, woken], [], [])
        if woken in readable:
            os.read(woken, 4096)
            _reap()
        if 0 in readable:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                _fork(json.loads(line))


def _import_everything() -> None:
    import gc  # noqa: PLC0415
    import threading  # noqa: PLC0415

    import pebble  # noqa: F401, PLC0415
    import uvicorn.protocols.http.auto  # noqa: F401, PLC0415

    import tests.faults.process  # noqa: F401, PLC0415

    if threading.active_count() != 1:
        raise RuntimeError("a process with threads can't be forked safely")
    gc.collect()
    gc.freeze()  # pages that the collector doesn't touch stay shared


def _fork(request: dict[str, Any]) -> None:
    zygote = os.getpid()
    pid = os.fork()
    if pid:
        _say(id=request["id"], pid=pid)
        return
    code = 1
    try:
        code = _become(request, zygote)
    except BaseException:  # noqa: BLE001 - the last frame of a process: whatever it is goes to its log
        import traceback  # noqa: PLC0415

        traceback.print_exc()
    finally:
        os._exit(code)


def _become(request: dict[str, Any], zygote: int) -> int:
    os.setsid()
    _die_with(zygote)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for descriptor, place in ((null, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, place)
    os.environ.clear()
    os.environ.update(request["env"])
    from tests.faults import process  # noqa: PLC0415 - loaded already

    code = process.main(os.environ)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say(exited=pid, code=os.waitstatus_to_exitcode(status))


def _say(**event: Any) -> None:
    os.write(1, (json.dumps(event) + "\n").encode())


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main()
