"""Words of English, to tell a sure reading from a doubtful one. `NOTICE` says where they are from."""

from functools import cache
from pathlib import Path


@cache
def english() -> frozenset[str]:
    """The 20,000 commonest words of English, in small letters. Raises OSError when the file is missing."""
    return frozenset(Path(__file__).with_name("english.txt").read_text(encoding="ascii").split())
