"""Cleaning of what was read: print remnants off, signs restored that handwriting flattens."""

import re
import unicodedata
from fractions import Fraction

_POWER = re.compile(r"(?<![\d.])([1-9](?:\.\d+)?\s*[×xX✕*]\s*10)([1-9]\d?)(?!\d)")
_UNIT_POWER = re.compile(r"(?<=[\d/])\s*([kdcm]?m)([23])(?![\d.])")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_CAPITALS = str.maketrans({"А": "A", "В": "B", "С": "C", "Α": "A", "Β": "B", "Ａ": "A"})
_LETTER_SHAPES = _CAPITALS | str.maketrans({"a": "A", "b": "B", "c": "C", "d": "D", "8": "B"})


def short_answer(text: str) -> str:
    """A blank's content without the print around it: brackets that do not close, rules, end punctuation."""
    text = unicodedata.normalize("NFC", text).strip().strip("_＿ 　")
    text = re.sub(
        r"^答案?\s*(?:[:：]\s*|(?:[—–]{2,}|-{2,}(?![-\d.√(]))\s*)(?=\S)", "", text
    )  # "答：" before what is one
    text = re.sub(r"^[)）\]】,，、。．;；:：]+|[(（\[【,，、。;；:：]+$", "", text).strip()
    text = re.sub(r"^\.\s*(?=[A-Za-z])", "", text)  # of a printed number
    text = re.sub(r"(?<=[A-Za-z])\s*[—–_]+$|(?<=[a-z]{3})-[-—–_]*$", "", text)  # of the rule below; OH- keeps its sign
    for opening, closing in ("()", "（）", "[]", "【】"):
        if text.startswith(opening) and closing not in text:
            text = text[1:].strip()
        if text.endswith(closing) and opening not in text:
            text = text[:-1].strip()
    text = re.sub(r"^[#*~`]+(?=[-−\d])", "", text)  # blots
    text = re.sub(r"^[-−–—]\s*(?=[-−–—]\s*\d)|^0(?=0[.]\d)", "", text)  # struck out and written again
    return powers(units(variables(text)))


def units(text: str) -> str:
    """Units and numbers for what stands in them only where it was read wrongly: 12k9, 1.269/cm³, omm."""
    text = re.sub(r"(?<=[\d⁰¹²³⁴-⁹)]) ?k9(?![\d.])|^k9$", "kg", text)
    text = re.sub(r"(?<=\d)9(?=/[cd]?m[³3])", "g", text)
    return re.sub(r"^[oO](?=(?:[kcdmnμ]?m|k?g|N|J|W|V|A|Pa|℃|°C|%)$)", "0", text)


def variables(text: str) -> str:
    """The letter x for a × that multiplies nothing: y=2×-2 is y=2x-2."""
    if len(text) == 1:
        return text
    return re.sub(r"(?<=[-+=(])\s*×|×(?=\s*(?:[-+=)<>≤≥,，]|$))", "x", text)


def powers(text: str) -> str:
    """Exponents that were read on the line: 1.2×109 → 1.2×10⁹ (a mantissa below ten says so), 5m3 → 5m³; not 2×105=210."""
    text = _POWER.sub(lambda m: m[0] if _is_product(m) else m[1] + m[2].translate(_SUPERSCRIPT), text)
    return _UNIT_POWER.sub(lambda m: m[0][:-1] + m[2].translate(_SUPERSCRIPT), text)


def _is_product(found: re.Match[str]) -> bool:
    """Whether what follows says that the two numbers were multiplied as they stand."""
    worked = re.match(r"\s*[=＝]\s*(\d+(?:\.\d+)?)", found.string[found.end() :])
    first = re.split(r"\s*[×xX✕*]", found[0])[0]
    return worked is not None and Fraction(worked[1]) == Fraction(first) * int(f"10{found[2]}")


def choice_letters(text: str, admissible: frozenset[str]) -> str:
    """Letters of a choice as written: "B", "(B)", "选AC", "A、C"; "" when the text holds other words."""
    bare = unicodedata.normalize("NFKC", text).translate(_LETTER_SHAPES)
    bare = re.sub(r"(?:答案|故选|应选|答|选)[:：]?", "", bare)
    bare = re.sub(r"[\s()（）.。,，、;；:：_|√✓]+", "", bare).upper()
    if not bare or any(c not in admissible for c in bare):
        return ""
    return "".join(sorted(set(bare)))


def shows(text: str, capital: str) -> bool:
    """Whether a text holds this capital: what looks like it (a, 8) is as often another that something runs over."""
    return capital in unicodedata.normalize("NFKC", text).translate(_CAPITALS)


def rounded(text: str) -> bool:
    """Whether rings stand among a choice's letters, CO: Ds, most likely, or closed Cs."""
    return re.fullmatch(r"[A-H]*[O0][A-H]+|[A-H]+[O0]", unicodedata.normalize("NFKC", text).strip()) is not None


def is_whole(char: str) -> bool:
    """Whether a character means something by itself, as no letter or digit does: a Chinese one, a circled number."""
    return "一" <= char <= "鿿" or "①" <= char <= "⑳"


def script_of(text: str) -> str:
    """What a short answer is made of, for how surely such is read: han, number, word (Latin) or formula."""
    if re.search(r"[一-鿿]", text):
        return "han"
    if re.fullmatch(r"[-−\d.,|\s]*", text):
        return "number"
    return "word" if re.fullmatch(r"[A-Za-z'’|\s.,-]*", text) else "formula"
