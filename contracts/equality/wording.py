"""Answers in words: Chinese and English, and writings so close that one may be a misread of the other."""

import re

from contracts.equality.british import abbreviated, in_figures, words_of
from contracts.equality.canonical import canonical, letters
from contracts.equality.lookalikes import TELLING, alike
from contracts.equality.match import Match

HAN = re.compile(r"[一-鿿]")
_ENGLISH = re.compile(r"(?=.*[A-Za-z]['’]?[A-Za-z])[A-Za-z0-9\s'’‘.,;:!?\"“”()，。；：！？–—-]+", re.DOTALL)
_FORMULA = re.compile(
    r"[A-Z][a-z]?\d|[A-Za-z]\d|\d(?!(?:st|nd|rd|th)\b)[A-Za-z]|(?<![A-Za-z])[A-Za-z]{1,3}[+-](?![a-z]{3})|[()]\d|\w\(\w"
)
_TWO = "ah am an as at be by do ed er go ha he hi if in is it me mr ms my no of oh ok on or pm so to un up us we"
_LETTERS = re.compile(
    rf"(?!(?:{_TWO.replace(' ', '|')})\W*$)[A-Za-z]{{2}}\W*|[-−–—]\s*[A-Za-z]{{1,3}}\W*|(?:([a-z])\1)+\W*",
    re.IGNORECASE,
)
"""Letters that are no word: two that are none in English, up to three behind a minus, pairs of one letter."""
_IDLE = str.maketrans("", "", "，,。.、；;：:！!？?\"“”'‘’（）()[]【】《》〈〉· \t\n|…-—_")
_SYNONYMS = (
    ("变大", "增大", "增加", "变多"), ("变小", "减小", "减少", "变少"), ("没有", "无"), ("不变", "保持不变"), ("升高", "上升"),
    ("降低", "下降"), ("正确", "对"), ("错误", "错"), ("相等", "相同", "一样", "等于"),
    ("等边三角形", "正三角形"),
)  # fmt: skip
_INNER = r"[^()一-鿿]*[\w)][-+*/,][^()一-鿿]*"
_SAYING = (
    (re.compile(r"-+(?=[\da-zA-Zα-ω√(])"), "⊖"), (re.compile(r"(?<=[\da-zA-Z)])[,;、](?=[-⊖]?[\da-zA-Z(])"), "⸴"),
    (re.compile(r"(?<=\d)\.(?=\d)"), "⸳"), (re.compile(r"(?<=\d):(?=\d)"), "⁝"),
    (re.compile(rf"(?<=[\da-zA-Z/^√])\(({_INNER})\)|\(({_INNER})\)(?=[\da-zA-Z^/])"), r"⟦\1\2⟧"),
    (re.compile(r"\|([^|一-鿿]*[a-zA-Z⊖][^|一-鿿]*)\|"), r"⟦⟦\1⟧⟧"),
)  # fmt: skip
"""Signs of formulas among words that say something where they stand: -5, 3,4, 2(x+1), |x|. Elsewhere they are idle."""
_ORDER = "零一二三四五六七八九"
_MIN_ALIKE, _MIN_NEAR = 3, 8
_LONGEST = 80
"""Characters up to which closeness is weighed: longer wordings are not a blank's."""


def is_english(text: str) -> bool:
    """Whether a text is English words, not a formula: ab and -abc are products, Aa and aa genes."""
    text = abbreviated(text.strip())
    return not _LETTERS.fullmatch(text) and (
        bool(_ENGLISH.fullmatch(text))
        and not _FORMULA.search(text)
        and not re.search("^[A-Z]{2,4}$|[a-z][A-Z]|^(?:[A-Z]['’]?){1,4}['’]$", text)
    )


def compare_wording(student: str, key: str) -> Match:
    """How two wordings, as written, stand."""
    if is_english(student) and is_english(key):
        return _english(words_of(student), words_of(key))
    if HAN.search(key):
        return _chinese(student, key)
    if is_english(key) and re.fullmatch(r"\s*\d+\s*", student):
        return Match.EQUIVALENT if in_figures(words_of(key)) == [student.strip()] else Match.DIFFERENT
    if is_english(student) and re.fullmatch(r"\s*\d+\s*", key):
        return Match.EQUIVALENT if in_figures(words_of(student)) == [key.strip()] else Match.DIFFERENT
    return _misread(letters(student), letters(key))


def _english(a: list[str], b: list[str]) -> Match:
    if a == b:
        return Match.SAME
    if in_figures(a) == in_figures(b):
        return Match.EQUIVALENT
    if "".join(w.removesuffix("'") for w in a) == "".join(w.removesuffix("'") for w in b):
        return (
            Match.DOUBTFUL
        )  # everyday for every day, boys for boys': a mistake as likely as a narrow gap or a faint sign
    return _misread("".join(a), "".join(b))


def _chinese(student: str, key: str) -> Match:
    a, b = bare(student), bare(key)
    if a == b:  # 点(1,23) is not 点(12,3)
        return Match.SAME if _with_signs(student) == _with_signs(key) else Match.DOUBTFUL
    if _without_particles(a) == _without_particles(b):
        return Match.EQUIVALENT
    return _near(a, b)


def bare(text: str) -> str:
    """A wording without separators, quotes and brackets; points between digits stay."""
    text = re.sub(r"^公元(?=\d)", "", re.sub("-{2,}", "-", canonical(text)).replace("公元前", "前"))
    text = re.sub(r"第([一二三四五六七八九])(?=[^十百]|$)", lambda m: f"第{_ORDER.index(m[1])}", text)
    text = re.sub(r"^(?:周|礼拜)(?=[一二三四五六日天]$)", "星期", text)
    points = re.sub(r"(?<=\d)[.:](?=\d)", chr(0xE490), text)
    minus = re.sub(r"(?:(?<!\w)|(?<=[或且和与为是到至]))-(?=\d)", chr(0xE491), points)
    return minus.translate(_IDLE).replace(chr(0xE490), ".").replace(chr(0xE491), "-")


def _with_signs(text: str) -> str:
    """A wording without what is idle in it, but with the signs of its formulas."""
    text = canonical(text)
    for sign, kept in _SAYING:
        text = sign.sub(kept, text)
    return bare(text)


def _without_particles(text: str) -> str:
    for first, *others in _SYNONYMS:
        for word in others:
            if text == word or (len(word) > 1 and word in text):
                text = text.replace(word, first)
    return re.sub("[的了着]", "", text)


def _near(a: str, b: str) -> Match:
    """One character of several, none of them telling: NEAR if it is a look-alike or the wording long, else DOUBTFUL."""
    longest = max(len(a), len(b))
    if (
        len(HAN.findall(b)) * 2 < longest
        or longest > _LONGEST
        or abs(len(a) - len(b)) > longest // 8 + 1
        or longest < _MIN_ALIKE
    ):
        return Match.DIFFERENT
    if sorted(c for c in a if c in TELLING) != sorted(c for c in b if c in TELLING):
        return Match.DIFFERENT
    changed = [(x, y) for x, y in zip(a, b, strict=False) if x != y]
    if len(a) == len(b) and len(changed) == 1 and alike(*changed[0]) and not TELLING & set(changed[0]):
        return Match.NEAR
    if longest < _MIN_ALIKE + 1:
        return Match.DIFFERENT
    edits = edit_distance(a, b)
    if edits > (1 if longest < 12 else longest // 8):
        return Match.DIFFERENT
    return Match.NEAR if longest >= _MIN_NEAR and not TELLING & _differing(a, b) else Match.DOUBTFUL


def _differing(a: str, b: str) -> set[str]:
    return set(a) ^ set(b)


_DIGIT_FOR_LETTER = str.maketrans({"0": "o", "1": "l", "5": "s", "2": "z", "9": "g"})
_LETTER_L = str.maketrans("i", "l")


def _misread(a: str, b: str) -> Match:
    """NEAR where digits stand for letters of their shape, or the other way round, and nothing else differs."""
    if len(a) != len(b) or a == b:
        return Match.DIFFERENT
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    shaped = all(x.isdigit() != y.isdigit() and _shape(x) == _shape(y) for x, y in pairs)
    return Match.NEAR if shaped else Match.DIFFERENT


def _shape(sign: str) -> str:
    return sign.translate(_DIGIT_FOR_LETTER).translate(_LETTER_L)


def edit_distance(a: str, b: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]
