"""What pupils write as short answers: drawn texts, in the alphabet of the reader."""

from collections.abc import Callable, Sequence
from random import Random

from services.ocr.core.hand.alphabet import OTHER

UNITS = [
    "cm",
    "m",
    "km",
    "mm",
    "kg",
    "g",
    "t",
    "s",
    "h",
    "min",
    "N",
    "J",
    "W",
    "V",
    "A",
    "Ω",
    "Pa",
    "Hz",
    "L",
    "mL",
    "cm2",
    "m2",
    "cm3",
    "m3",
    "dm3",
    "km/h",
    "m/s",
    "g/cm3",
    "N/kg",
    "kW°",
    "°C",
    "%",
    "°",
    "kJ",
    "mol",
]
ELEMENTS = ["H", "O", "C", "N", "Na", "Mg", "Al", "S", "Cl", "K", "Ca", "Fe", "Cu", "Zn", "Ag", "Ba", "Mn", "P", "Si"]
WORDS = [
    "the",
    "a",
    "an",
    "is",
    "are",
    "was",
    "were",
    "be",
    "been",
    "have",
    "has",
    "had",
    "do",
    "does",
    "did",
    "will",
    "would",
    "can",
    "could",
    "may",
    "must",
    "should",
    "not",
    "and",
    "but",
    "or",
    "so",
    "because",
    "if",
    "when",
    "while",
    "after",
    "before",
    "until",
    "since",
    "who",
    "which",
    "that",
    "what",
    "where",
    "why",
    "how",
    "one",
    "two",
    "first",
    "second",
    "many",
    "much",
    "more",
    "most",
    "some",
    "any",
    "every",
    "other",
    "another",
    "book",
    "school",
    "friend",
    "teacher",
    "student",
    "family",
    "mother",
    "father",
    "brother",
    "sister",
    "people",
    "child",
    "children",
    "water",
    "food",
    "time",
    "year",
    "day",
    "week",
    "month",
    "morning",
    "evening",
    "night",
    "today",
    "tomorrow",
    "yesterday",
    "week",
    "weekend",
    "summer",
    "winter",
    "spring",
    "autumn",
    "go",
    "goes",
    "went",
    "gone",
    "come",
    "came",
    "make",
    "made",
    "take",
    "took",
    "taken",
    "give",
    "gave",
    "given",
    "get",
    "got",
    "write",
    "wrote",
    "written",
    "read",
    "speak",
    "spoke",
    "spoken",
    "say",
    "said",
    "tell",
    "told",
    "think",
    "thought",
    "know",
    "knew",
    "known",
    "see",
    "saw",
    "seen",
    "hear",
    "heard",
    "feel",
    "felt",
    "find",
    "found",
    "keep",
    "kept",
    "leave",
    "left",
    "lose",
    "lost",
    "begin",
    "began",
    "begun",
    "break",
    "broke",
    "broken",
    "bring",
    "brought",
    "build",
    "built",
    "buy",
    "bought",
    "catch",
    "caught",
    "choose",
    "chose",
    "chosen",
    "drink",
    "drank",
    "drive",
    "drove",
    "eat",
    "ate",
    "fall",
    "fell",
    "fly",
    "flew",
    "forget",
    "forgot",
    "grow",
    "grew",
    "hold",
    "held",
    "hope",
    "hoped",
    "learn",
    "learned",
    "listen",
    "playing",
    "running",
    "swimming",
    "studying",
    "carefully",
    "quickly",
    "happily",
    "suddenly",
    "usually",
    "really",
    "easily",
    "beautiful",
    "important",
    "interesting",
    "interested",
    "different",
    "difficult",
    "necessary",
    "possible",
    "successful",
    "useful",
    "careful",
    "dangerous",
    "healthy",
    "famous",
    "favourite",
    "foreign",
    "modern",
    "popular",
    "special",
    "strange",
    "better",
    "best",
    "worse",
    "worst",
    "older",
    "oldest",
    "happier",
    "happiest",
    "larger",
    "largest",
    "information",
    "knowledge",
    "education",
    "environment",
    "development",
    "experience",
    "invention",
    "discovery",
    "decision",
    "discussion",
    "population",
    "government",
    "science",
    "history",
    "geography",
    "chemistry",
    "physics",
    "biology",
    "computer",
    "internet",
    "in",
    "on",
    "at",
    "by",
    "for",
    "from",
    "of",
    "off",
    "to",
    "with",
    "without",
    "about",
    "above",
    "across",
    "against",
    "along",
    "among",
    "around",
    "behind",
    "below",
    "between",
    "during",
    "into",
    "through",
    "towards",
    "it",
    "its",
    "he",
    "him",
    "his",
    "she",
    "her",
    "they",
    "them",
    "their",
    "we",
    "us",
    "our",
    "you",
    "your",
    "I",
    "me",
    "my",
    "himself",
    "herself",
    "themselves",
    "ourselves",
    "there",
    "here",
]
_DIGITS = "0123456789"


def drawn(rng: Random, others: Sequence[str]) -> tuple[str, str]:
    """A text as written and as told: signs outside the alphabet (`others`) are told as OTHER."""
    kinds, weights = zip(*_KINDS, strict=True)
    written = rng.choices(kinds, weights)[0](rng)
    if rng.random() < 0.12:
        written = _beside_others(rng, written, others)
    return written, "".join(OTHER if sign in others else sign for sign in written)


def _beside_others(rng: Random, text: str, others: Sequence[str]) -> str:
    run = "".join(rng.choices(others, k=rng.choice((1, 1, 2, 3))))
    return rng.choice((text + run, run + text, run, run))


def _letter(rng: Random) -> str:
    letter = rng.choices("ABCDEFGH", (20, 20, 20, 20, 6, 5, 4, 3))[0]
    return letter.lower() if rng.random() < 0.05 else letter + ("." if rng.random() < 0.03 else "")


def _letters(rng: Random) -> str:
    return "".join(sorted(rng.sample("ABCDE", rng.choice((2, 2, 3, 3, 4)))))


def _list_of_letters(rng: Random) -> str:
    return rng.choice((" ", ",", "")).join(rng.choices("ABCD", k=rng.randint(2, 6)))


def _judgement(rng: Random) -> str:
    return rng.choices("√×TF", (10, 10, 3, 3))[0]


def _whole(rng: Random) -> str:
    length = rng.choices((1, 2, 3, 4, 5, 8), (30, 35, 18, 8, 5, 2))[0]
    return "".join(rng.choices(_DIGITS, k=length))


def _decimal(rng: Random) -> str:
    return f"{_whole(rng)}.{''.join(rng.choices(_DIGITS, k=rng.choice((1, 1, 2, 3))))}"


def _number(rng: Random) -> str:
    plain = _decimal(rng) if rng.random() < 0.3 else _whole(rng)
    return rng.choices(("", "-", "+", "±"), (12, 6, 1, 1))[0] + plain


def _measured(rng: Random) -> str:
    return _number(rng) + rng.choice(UNITS)


def _fraction(rng: Random) -> str:
    return f"{rng.choice(('', '', '-'))}{_whole(rng)[:3]}/{_whole(rng)[:3]}"


def _root(rng: Random) -> str:
    return f"{rng.choice(('', '', '-', '±', *_DIGITS[2:]))}√{rng.choice((*'23567abx', '10', '13', '15'))}"


def _term(rng: Random) -> str:
    sign = rng.choice("xyzabcmnktpq")
    return f"{rng.choice(('', '', *_DIGITS[2:], '10', '12'))}{sign}{rng.choice(('', '', '', '2', '3', rng.choice('xyabn')))}"


def _sum(rng: Random) -> str:
    parts = [rng.choice((_term, _term, _whole, _root))(rng) for _ in range(rng.choice((2, 2, 3)))]
    text = parts[0] + "".join(rng.choice("+-+-+-×÷") + part for part in parts[1:])
    return f"({text})" if rng.random() < 0.15 else text


def _equation(rng: Random) -> str:
    left: str = rng.choice((*"xyabnmkSVvFp", _sum(rng), f"{rng.choice('xy')}{rng.choice('12')}"))
    sign = rng.choices("=><≥≤≠", (12, 2, 2, 2, 2, 1))[0]
    right: str = rng.choice((_number, _number, _sum, _fraction))(rng)
    return left + sign + right


def _pair(rng: Random) -> str:
    inside = f"{_number(rng)[:4]},{_number(rng)[:4]}"
    return rng.choice(("({})", "({})", "[{}]", "({}]", "[{})", "{{{}}}")).format(inside)


def _angle(rng: Random) -> str:
    points = "".join(rng.sample("ABCDEFGOPQMN", rng.choice((1, 2, 3))))
    return (
        rng.choice(("", "∠", "△")) + points + rng.choice(("", "", "=" + _whole(rng)[:3] + "°", "⊥" + "CD", "∥" + "AB"))
    )


def _turn(rng: Random) -> str:
    return rng.choice((_whole(rng)[:3] + "°", _whole(rng)[:2] + "π", _whole(rng)[:2] + "%", "∞", "π"))


def _substance(rng: Random) -> str:
    parts = rng.sample(ELEMENTS, rng.choice((1, 2, 2, 3)))
    return "".join(part + rng.choice(("", "", "2", "3", "4")) for part in parts)


def _words(rng: Random) -> str:
    words = rng.choices(WORDS, k=rng.choice((1, 1, 1, 1, 2)))
    text = " ".join(words)
    return text.capitalize() if rng.random() < 0.2 else text


def _nonsense(rng: Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "".join(rng.choices(letters, k=rng.randint(2, 7)))


def _anything(rng: Random) -> str:
    return "".join(
        rng.choices(
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-=()[]<>.,:;/%√×÷±≤≥", k=rng.randint(1, 4)
        )
    )


_KINDS: tuple[tuple[Callable[[Random], str], float], ...] = (
    (_letter, 16),
    (_letters, 6),
    (_list_of_letters, 2),
    (_judgement, 9),
    (_whole, 12),
    (_number, 8),
    (_decimal, 4),
    (_measured, 8),
    (_fraction, 3),
    (_root, 5),
    (_term, 3),
    (_sum, 5),
    (_equation, 6),
    (_pair, 3),
    (_angle, 3),
    (_turn, 2),
    (_substance, 3),
    (_words, 3),
    (_nonsense, 1),
    (_anything, 9),
)
