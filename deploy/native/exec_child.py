"""Become a server process that cannot outlive its supervisor.

Run as `python -I -S exec_child.py PARENT DEATH_SIGNAL UID GID KEEP_ACCESS -- argv…`; a program of its own because what it
does must happen between fork and exec, where a threaded parent may not run Python. It imports the standard library only.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def keep_file_access(libc: ctypes.CDLL) -> None:
    """Let an unprivileged child reach files below a directory that only root may enter, as a clone in root's home.

    PostgreSQL refuses to run as root, and another user could not even read its program there.
    """
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    bit = 1 << CAP_DAC_OVERRIDE
    data = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if libc.capset(header, data) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def become(uid: int, gid: int, *, keep_access: bool) -> None:
    """Give up root for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    if keep_access:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if keep_access:
        keep_file_access(libc)


def die_with(parent: int, signum: int) -> None:
    """Ask the kernel for `signum` when the parent dies; after any change of user, which would clear the request."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def main(argv: list[str]) -> None:
    """Apply the options, then exec."""
    parent, death_signal, uid, gid, keep_access = (int(value) for value in argv[:5])
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if uid >= 0:
        become(uid, gid, keep_access=bool(keep_access))
    die_with(parent, death_signal)
    os.execvp(argv[6], argv[6:])


if __name__ == "__main__":
    main(sys.argv[1:])
