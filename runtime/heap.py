"""What glibc's allocator keeps of memory that was freed.

By default it learns from the first large block that is freed to serve such blocks from the heap, where a small
long-lived one behind it (a cached document) keeps them from the system for good: a gateway's resident memory rose with
each upload until its caches were full. A fixed threshold stops the learning: blocks above it are mapped and unmapped.
"""

import asyncio.selector_events
import ctypes
import platform

LARGE = 128 * 1024
"""Bytes from which on a block is mapped alone; glibc's own first value."""
READ = LARGE // 2
"""Bytes that a connection has room for when it reads."""
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h
_ARENAS = 2
"""Heaps; by default each new thread may open one, up to eight for each processor."""


def keep_little() -> bool:
    """Set it for this process, not for its children; False with another C library, which has no such habit."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE)) and bool(mallopt(_M_ARENA_MAX, _ARENAS))


def read_in_small() -> None:
    """Have asyncio make room for READ bytes each time it reads from a connection, instead of 256 KiB.

    That much is mapped, cut down to what came and unmapped: nine tenths of what it costs to read a short answer.
    """
    asyncio.selector_events._SelectorSocketTransport.max_size = READ  # type: ignore[attr-defined]  # noqa: SLF001
