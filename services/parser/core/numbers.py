"""Where questions begin: candidates for question numbers, and the best rising sequence among them.

A missed or doubled number must not shift the rest, and a number inside a text is no question. So every place that looks
like a number is weighed by its look and its alignment, and dynamic programming takes the heaviest chain whose numbers
rise by one wherever they can; they may start again only after a section heading.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.parser.core.chain import heaviest
from services.parser.core.flow import Flow, Row
from services.parser.core.implied import Stem, stems_of
from services.parser.core.sections import Heading
from services.parser.core.start import SURE, UNNUMBERED, Start

_START = re.compile(
    r"^[·•'‘’`´_＿]?\s{0,3}(?:[(（\[【]\s{0,9}(?P<answer>[^()（）\[\]\d]{0,6})\s{0,9}[)）\]】]\s{0,3})?(?P<star>[*★※☆]\s?)?"
    r"(?:第\s?)?(?P<n>\d{1,3})(?P<sep>\s{0,2}[.．、。·,，:：)）題题]|\s+|(?=[(（【《“\"'_A-Za-z\u4e00-\u9fff])|$)"
)
_SOILED = re.compile(r"^(?=[^\d]{0,8}[()（）])[^\d]{1,8}?(?P<n>\d{1,3})\s?(?P<sep>[.．、])(?=\D|$)")
"""A number after a bracket whose letter or other half was misread: "A)4. ...", "(A6.A. ..."."""
_INLINE = re.compile(r"(?<![\d.,，．:/(（\-−+=×÷])(?P<n>\d{1,3})(?P<sep>[.．、]?)(?![\d%°％分页年月日])")
_OPTION = re.compile(r"[A-H]\s?[.．、:：]\s{0,4}$")
_NOTES = re.compile(r"注意事项|考生须知|答[题卷]须知|答题前|instructions?", re.IGNORECASE)
_BLOCKED = re.compile(
    r"^\s{0,3}\d{1,3}\s?([(（]\d{1,2}[)）]\s?班|分|页|年|月|日|班|号|%|cm|km|kg|mm|厘|千|米|元|度|°|[-—~～+×÷=<>≤≥/])"
    r"|^\s{0,3}\d{1,3}[.．]\d{1,4}\s{0,2}(?:$|[×xX*]\s?10)"
)
_STRONG = ".．、"
_NOTE_ROWS = 12
_IMPLIED = 0.5
"""Weight of a stem whose number can't be read."""


def starts_of(flow: Flow, headings: Sequence[Heading], expected: Mapping[int, int]) -> list[Start]:
    """The question numbers in reading order. `expected`: how often the answer key has each number; empty without one."""
    banned = _notes(flow, headings)
    rows = [(at, row) for at, row in enumerate(flow.rows) if at not in banned]
    candidates = [c for at, row in rows for c in _candidates(at, row, flow, expected)]
    candidates = [c for c in candidates if c.weight >= SURE or not _in_composition(c.at, headings)]
    once = bool(expected) and max(expected.values()) == 1
    breaks = [h.at for h in headings]
    sure = {c.at for c in candidates if c.weight >= SURE}
    stems = [s for s in stems_of(flow, breaks, sure) if s.at not in banned]
    chain = heaviest([*candidates, *(_unnumbered(s, flow) for s in stems)], breaks, once=once)
    return _mended(_without_head(chain, headings), candidates)


def _in_composition(at: int, headings: Sequence[Heading]) -> bool:
    """Whether a row stands below a heading that asks for a composition: a lone stroke in it is no number."""
    above = [h for h in headings if h.at < at]
    return bool(above) and above[-1].section.type == "essay"


def _unnumbered(stem: Stem, flow: Flow) -> Start:
    row = flow.rows[stem.at]
    return Start(stem.at, row, UNNUMBERED, 0, row.box[0], _IMPLIED, 0, alone=(stem.first, stem.last))


def _without_head(chain: list[Start], headings: Sequence[Heading]) -> list[Start]:
    """Drop stray numbers of the head: a few before the first heading that don't lead to what follows it."""
    if not headings:
        return chain
    before = [s for s in chain if s.at < headings[0].at]
    after = chain[len(before) :]
    if before and after and after[0].number == 1 and (before[0].number != 1 or len(before) < 3):
        return after
    return chain


def _mended(chain: list[Start], candidates: Sequence[Start]) -> list[Start]:
    """Give a missing number to the one misread number in its place: 62, 03, 64 is 62, 63, 64."""
    out: list[Start] = []
    used = {(s.at, s.char) for s in chain}
    for now in chain:
        if out and now.number == out[-1].number + 2:
            between = [c for c in candidates if (out[-1].at, out[-1].char) < (c.at, c.char) < (now.at, now.char)]
            between = [c for c in between if (c.at, c.char) not in used and c.weight > 0.3]
            if len(between) == 1:
                out.append(replace(between[0], number=now.number - 1))
        out.append(now)
    return out


def _candidates(at: int, row: Row, flow: Flow, expected: Mapping[int, int]) -> list[Start]:
    if row.footer:
        return []
    inline = _inline(at, row, expected)
    match = _START.match(row.text) or _SOILED.match(row.text)
    if len(inline) >= 3 or match is None or _BLOCKED.match(row.text):
        return inline if len(inline) >= 3 else []
    number = int(match["n"])
    if not 0 < number < 200:
        return []
    weight = _look(match, row) + _alignment(row, flow.pitch) + _expectation(number, expected)
    first = Start(at, row, number, match.start("n"), x_of(row, match.start("n")), weight, match.end())
    return [first, *(s for s in inline if s.char > first.char)]


def _look(match: re.Match[str], row: Row) -> float:
    separator = match["sep"].strip()
    rest = row.text[match.end() :].lstrip()
    if separator and separator in _STRONG:
        weight = 1.0 if not rest[:1].isdigit() else 0.6
    elif separator in "),）,，:：。·" and separator:
        weight = 0.5
    elif match.groupdict().get("answer") is not None or rest[:1] in "(（【":
        weight = 0.7
    else:
        weight = 0.3 if rest else 0.0
    return weight if row.printed else weight - 0.5


def _alignment(row: Row, pitch: float) -> float:
    indent = (row.box[0] - row.column.left) / max(pitch, 1.0)
    if indent < 1.2:
        return 0.6
    if indent < 3:
        return 0.3
    return -0.2 if indent < 8 else -0.4


def _expectation(number: int, expected: Mapping[int, int]) -> float:
    if not expected:
        return 0.0
    return 0.5 if number in expected else -0.7


def _inline(at: int, row: Row, expected: Mapping[int, int]) -> list[Start]:
    """Numbers of one line that count up: a strip of numbered blanks. Two are weak evidence, three are strong."""
    able = [
        m for m in _INLINE.finditer(row.text) if 0 < int(m["n"]) < 200 and not _OPTION.search(row.text[: m.start()])
    ]
    run = _longest_run(able)
    if len(run) < 2 or run[0] is not able[0] or run[0].start() > 4:
        return []
    weight = 0.8 if len(run) >= 3 else 0.1
    return [
        Start(
            at,
            row,
            int(m["n"]),
            m.start(),
            x_of(row, m.start()),
            weight + _expectation(int(m["n"]), expected),
            m.end(),
            True,
        )
        for m in run
    ]


def _longest_run(found: list[re.Match[str]]) -> list[re.Match[str]]:
    best: list[re.Match[str]] = []
    for first in range(len(found)):
        run = [found[first]]
        for match in found[first + 1 :]:
            if int(match["n"]) == int(run[-1]["n"]) + 1:
                run.append(match)
        if len(run) > len(best):
            best = run
    return best


def x_of(row: Row, char: int) -> float:
    """Where a character of a row begins, in pixels."""
    xs = row.line.xs
    if char and char < len(xs):
        return xs[char] - row.height / 3
    share = char / max(1, len(row.text))
    return row.box[0] + share * (row.box[2] - row.box[0])


def _notes(flow: Flow, headings: Sequence[Heading]) -> set[int]:
    """Rows of a numbered list of instructions: from its title to the next heading, or to the end of its numbers."""
    banned: set[int] = set()
    for at, row in enumerate(flow.rows):
        if _NOTES.search(row.text[:20]) and not any(h.at == at for h in headings):
            stop = next((h.at for h in headings if h.at > at), at + 1)
            if stop - at > 30 or stop == at + 1:
                stop = at + 1 + (_NOTE_ROWS if row.text.strip().rstrip(":：").endswith(("事项", "须知")) else 0)
            banned |= set(range(at, stop))
    return banned
