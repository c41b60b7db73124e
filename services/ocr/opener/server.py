"""The opener: forks a confined child for every file, which answers and ends. Nothing of one file reaches the next."""

import functools
import gc
import os
import select
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path

from contracts.errors import ErrorCode, Permanent
from services.ocr.core.sources import Limits
from services.ocr.opener import answers, wire
from services.ocr.opener.jail import Bounds, confine, renew

LOOKS_NICE = 5
"""Advice comes after the uploads it is about, and after the reading of exams."""
_AT_MOST = 64
"""Children at a time; who comes later waits to be let in."""
_ACCEPTABLE_SILENCE = 60.0
"""Seconds that an asker may be silent before its file is complete."""


class Opener:
    """Serves one listening socket until told to end."""

    def __init__(self, listening: socket.socket, limits: Limits, bounds: Bounds) -> None:
        self._listening = listening
        self._limits = limits
        self._bounds = bounds
        self._children: dict[int, socket.socket] = {}
        self._events = selectors.DefaultSelector()
        self._ended = False

    def serve(self) -> None:
        """Until SIGTERM, or standard input ends, as it does with the parent."""
        woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._events.register(woken, selectors.EVENT_READ, lambda: os.read(woken, 4096))
        with suppress(PermissionError):  # /dev/null, in a container of its own: nobody to end with
            self._events.register(sys.stdin, selectors.EVENT_READ, self._end)
        self._listening.setblocking(False)
        self._admit()
        while not self._ended:
            for key, _ in self._events.select():
                key.data()
            self._reap()

    def _end(self) -> None:
        self._ended = True

    def _admit(self) -> None:
        self._events.register(self._listening, selectors.EVENT_READ, self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, ConnectionError):
            return
        pid = os.fork()
        if pid == 0:
            self._be_child(connection)
        self._children[pid] = connection
        if len(self._children) == _AT_MOST:
            self._events.unregister(self._listening)

    def _reap(self) -> None:
        """Say of which child died how; its connection stayed open for that."""
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if len(self._children) == _AT_MOST:
                self._admit()
            with self._children.pop(pid) as connection, suppress(OSError):
                # SIGKILL is an operator's, or the kernel's that is out of memory: no fault of the file.
                if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
                    wire.say(connection, wire.refusal(_over(os.WTERMSIG(status))))

    def _be_child(self, connection: socket.socket) -> None:
        """Never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            for other in (self._listening, *self._children.values()):
                other.close()
            connection.setblocking(True)
            connection.settimeout(_ACCEPTABLE_SILENCE)
            _answer(connection, self._limits, self._bounds)
            code = 0
        except ConnectionError:  # the asker no longer wants to know
            code = 0
        except (OSError, wire.BadAsk) as error:
            print(f"opener: {type(error).__name__}", file=sys.stderr, flush=True)  # noqa: T201 - the log of a child
        finally:
            os._exit(code)


def _answer(connection: socket.socket, limits: Limits, bounds: Bounds) -> None:
    ask, data = wire.heard(connection)
    if ask.do == "look":
        os.nice(LOOKS_NICE)
    threading.Thread(target=_end_with, args=(connection.fileno(),), daemon=True).start()
    confine(bounds)
    try:
        answer = answers.by_name(functools.partial(renew, bounds))[ask.do](ask, data, limits)
    except Permanent as error:
        answer = wire.refusal(error)
    except MemoryError:
        answer = wire.refusal(Permanent(ErrorCode.FILE_TOO_COMPLEX, "out of memory"))
    except Exception as error:  # noqa: BLE001 - what a library stumbles over in a file, the file did
        print(f"opener: {type(error).__name__} {_place(error)}", file=sys.stderr, flush=True)  # noqa: T201
        answer = wire.refusal(Permanent(ErrorCode.UNREADABLE_FILE, type(error).__name__))
    answer.head["cpu_seconds"] = round(time.process_time(), 4)
    wire.say(connection, answer)


def _end_with(connection: int) -> None:
    """An answer that nobody waits for any more is not worth a file's CPU seconds."""
    hung_up = select.poll()
    hung_up.register(connection, 0)  # the asker's whole end, not only the one it sent by
    hung_up.poll()
    os._exit(0)


def _place(error: Exception) -> str:
    """Where it was raised; never the message, which may quote the file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def _over(number: int) -> Permanent:
    names = {signal.SIGXCPU: "out of CPU time", signal.SIGALRM: "out of time"}
    return Permanent(ErrorCode.FILE_TOO_COMPLEX, names.get(signal.Signals(number), f"killed by signal {number}"))


def listen(path: Path) -> socket.socket:
    """A listening socket at the path, for this user only; what an earlier opener left there is replaced."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o077)
    try:
        listening.bind(str(path))
    finally:
        os.umask(before)
    listening.listen(256)
    return listening


def run(path: Path, limits: Limits, bounds: Bounds) -> None:
    """Serve at the path, until told to end."""
    answers.warm(limits)
    gc.collect()
    gc.freeze()  # children share what is there, instead of copying it when they count references
    with listen(path) as listening:
        mine = path.stat().st_ino
        Opener(listening, limits, bounds).serve()
    with suppress(FileNotFoundError):
        if path.stat().st_ino == mine:  # else it is another opener's by now
            path.unlink()
