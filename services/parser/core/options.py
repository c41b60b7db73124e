"""Options of a choice question, inline or stacked in one, two or four columns."""

import re
from collections.abc import Sequence
from itertools import pairwise

_MARKER = re.compile(r"(?:(?<=\s)|(?<![A-Za-z0-9(（]))(?P<letter>[A-HΑΒС])\s{0,2}(?:[.．、:：,，]|[·・•](?!\s*[A-Z]))")
_FIRST = re.compile(r"^\W{0,2}[A-HΑΒС]\s{0,2}[.．、:：,，·・•]")
_BARE = re.compile(r"(?<=[一-鿿])(?P<letter>[B-H])(?=[一-鿿])")
"""An option's letter whose point was not read, between two options' Chinese texts."""
_LATIN = str.maketrans("ΑΒС", "ABC")


def split_options(texts: Sequence[str]) -> tuple[str, dict[str, str]]:
    """(stem, options) of a question's printed lines in reading order. Options need A first and letters that rise."""
    text = "\n".join(texts)
    markers = _filled(_rising(list(_MARKER.finditer(text))), text)
    if len(markers) < 2:
        return " ".join(t.strip() for t in texts).strip(), {}
    ends = [m.start() for m in markers[1:]] + [len(text)]
    letters = [_letter(m) for m in markers]
    options = {a: _flat(text[m.end() : end]) for a, m, end in zip(letters, markers, ends, strict=True)}
    return _flat(text[: markers[0].start()]), dict(sorted(options.items()))


def letters_of(text: str) -> str:
    """The letters of a line that begins with an option, in order; empty for other lines."""
    return "".join(m["letter"] for m in _MARKER.finditer(text)).translate(_LATIN) if _FIRST.match(text) else ""


def _rising(markers: list[re.Match[str]]) -> list[re.Match[str]]:
    """The last run of markers that begins with A and holds each letter once; options may be read down columns (A C B D)."""
    begin = max((i for i, m in enumerate(markers) if m["letter"] in "AΑ"), default=None)
    if begin is None:
        return []
    kept: list[re.Match[str]] = []
    seen: set[str] = set()
    for marker in markers[begin:]:
        letter = _letter(marker)
        if letter not in seen and ord(letter) - ord("A") <= len(seen) + 2:
            kept.append(marker)
            seen.add(letter)
    return kept


def _filled(markers: list[re.Match[str]], text: str) -> list[re.Match[str]]:
    """With the letters that are missing between two markers (A, D) where they stand alone there, in order (B, C)."""
    found = markers[:1]
    for left, right in pairwise(markers):
        missing = [chr(c) for c in range(ord(_letter(left)) + 1, ord(_letter(right)))]
        bare = [m for m in _BARE.finditer(text, left.end(), right.start()) if m["letter"] in missing]
        letters = [m["letter"] for m in bare]
        found += [*(bare if letters == sorted(set(letters)) else ()), right]
    return found


def _letter(marker: re.Match[str]) -> str:
    return marker["letter"].translate(_LATIN)


def _flat(text: str) -> str:
    return " ".join(text.split())
