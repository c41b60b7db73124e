"""Caches of the gateway: this process's memory, then Redis, then the truth (Postgres or the blob store).

Redis holds only what can't become wrong: documents under keys that name their version or revision, which never change.
What changes is asked of Postgres, or kept in memory until a notice says that it changed.
"""
