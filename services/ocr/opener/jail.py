"""What a process may do that opens a stranger's file: read it, think, answer.

Limits of memory and time; no network, no programs, no writing, no signals to others.
"""

import contextlib
import ctypes
import errno
import platform
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_WRITING = 0o1 | 0o2 | 0o100 | 0o1000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC."""
_THREAD = 0x10000
"""CLONE_THREAD: libde265 decodes in threads; a process of one's own is not for the likes of it."""

_UNITS = 16
"""A process that lives for many pages gets no more CPU than so many of them might take."""
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_OPENAT, _OPEN, _CLONE = {"x86_64": 257, "aarch64": 56}, {"x86_64": 2}, {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_REFUSED: dict[str, tuple[int, int]] = {
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "sendmsg": (46, 211),
    "bind": (49, 200), "listen": (50, 201), "socketpair": (53, 199), "accept4": (288, 242), "sendmmsg": (307, 269),
    "execve": (59, 221), "execveat": (322, 281), "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "io_uring_setup": (425, 425),
    "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "mount": (165, 40),
    "umount2": (166, 39), "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "userfaultfd": (323, 282), "perf_event_open": (298, 241),
    "unlinkat": (263, 35), "renameat": (264, 38), "renameat2": (316, 276), "mkdirat": (258, 34), "linkat": (265, 37),
    "symlinkat": (266, 36), "mknodat": (259, 33), "fchmod": (91, 52), "fchmodat": (268, 53), "fchown": (93, 55),
    "fchownat": (260, 54), "truncate": (76, 45), "openat2": (437, 437), "setuid": (105, 146), "setgid": (106, 144),
}  # fmt: skip
"""System calls by name, and their numbers on x86_64 and aarch64."""
_REFUSED_OLD = {
    "fork": 57, "vfork": 58, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86, "unlink": 87,
    "symlink": 88, "chmod": 90, "chown": 92, "lchown": 94, "mknod": 133,
}  # fmt: skip
"""Only x86_64 has these."""


@dataclass(frozen=True)
class Bounds:
    """What the opening of a file, or of one of its pages, may cost: bytes of memory, CPU seconds, seconds by the clock."""

    memory: int = 1_500_000_000
    cpu_seconds: int = 4
    seconds: float = 20.0


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_ushort),
        ("if_true", ctypes.c_ubyte),
        ("if_false", ctypes.c_ubyte),
        ("value", ctypes.c_uint),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("first", ctypes.POINTER(_Instruction))]


def confine(bounds: Bounds) -> None:
    """For the rest of this process's life. Whoever goes over a limit of time is killed; of memory, gets MemoryError."""
    resource.setrlimit(resource.RLIMIT_AS, (_mapped() + bounds.memory,) * 2)
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(nothing, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    renew(bounds)
    if can_filter():
        _filter(_rules(platform.machine()))


def renew(bounds: Bounds) -> None:
    """Let the limits of time begin again: for the next page, which ocr would open in a process of its own."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + bounds.cpu_seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = _UNITS * bounds.cpu_seconds if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_CPU, (min(soft, most), most))
    signal.setitimer(signal.ITIMER_REAL, bounds.seconds)


def can_filter() -> bool:
    """Whether system calls can be refused here; elsewhere only the limits hold."""
    return sys.platform == "linux" and platform.machine() in _AUDIT


def _mapped() -> int:
    """Bytes of address space in use: what libraries took before is not the file's fault."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    return 1_000_000_000


def _rules(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter: (code, instructions to skip if true, if false, value)."""
    refuse = (_RETURN, 0, 0, _REFUSE | errno.EPERM)
    rules = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    column = 0 if machine == "x86_64" else 1
    numbers = [numbers[column] for numbers in _REFUSED.values()]
    if machine == "x86_64":
        rules += [(0x35, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]  # the x32 names of the same calls
        numbers += _REFUSED_OLD.values()
    for number in numbers:
        rules += [(_EQUAL, 0, 1, number), refuse]
    # glibc falls back to clone, whose flags a filter can see.
    rules += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]
    rules += _by_flags(_CLONE[machine], 0, _THREAD, allowed_if_set=True)
    rules += _by_flags(_OPENAT[machine], 2, _WRITING, allowed_if_set=False)
    if machine in _OPEN:
        rules += _by_flags(_OPEN[machine], 1, _WRITING, allowed_if_set=False)
    return [*rules, (_RETURN, 0, 0, _ALLOW)]


def _by_flags(number: int, argument: int, flags: int, *, allowed_if_set: bool) -> list[tuple[int, int, int, int]]:
    allow, refuse = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE | errno.EPERM)
    ends = [allow, refuse] if allowed_if_set else [refuse, allow]
    return [(_EQUAL, 0, 4, number), (_LOAD, 0, 0, _FIRST_ARGUMENT + 8 * argument), (_ANY_BIT, 0, 1, flags), *ends]


def _filter(rules: list[tuple[int, int, int, int]]) -> None:
    made = (_Instruction * len(rules))(*[_Instruction(*rule) for rule in rules])
    program = _Program(len(rules), made)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")
