"""The words of a diagnosis as tables, one a language, and how they cite questions, points and answers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.artefacts.paper import QuestionType
from contracts.notation.labels import runs, spelled
from contracts.notation.parts import blanks_of

Lang = Literal["zh", "en"]

_QUOTE_LIMIT = 16
_FORMULA_LIMIT = 80

CAUSES: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "blank": "未作答", "too_few": "漏选", "too_many": "多选", "blanks_left": "有空没有填", "swapped": "各空填反了位置",
        "one_root": "漏掉一个解", "unit": "单位与所求不符", "sign": "符号出错", "point": "小数点位置出错",
        "upside_down": "分子分母颠倒", "unreduced": "没有化成最简", "turned": "数字顺序写反", "one_digit": "有一位数字算错或抄错",
        "given": "写的是题中已给的数", "steps": "结果写出，步骤不全", "midway": "中途出错，没有得到正确结果",
        "alone_wrong": "同类题都对，像是粗心", "again": "同类题一再出错，概念没有掌握",
    },
    "en": {
        "blank": "left blank", "too_few": "some right options missing", "too_many": "a wrong option too many",
        "blanks_left": "a blank left empty", "swapped": "blanks filled in the wrong order", "one_root": "one solution missing",
        "unit": "not the unit asked for", "sign": "sign error", "point": "decimal point misplaced", "upside_down": "fraction upside down",
        "unreduced": "not in lowest terms", "turned": "digits in reverse order", "one_digit": "one digit miscalculated or miscopied",
        "given": "a number given in the question", "steps": "result found, steps missing", "midway": "went wrong on the way",
        "alone_wrong": "like questions are right: probably a slip", "again": "like questions fail again and again: not yet understood",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """The sentences of one language; each names its places. `cited` finds a citation's numbers in a text."""

    lang: Lang
    cited: re.Pattern[str]
    between: str
    """Two sentences of the summary."""
    around: tuple[str, str, str]
    """Before the first number, between two, after the last."""
    quotes: tuple[str, str, str]
    """Before and after, and between two blanks of an answer."""
    empty: str
    """A blank with nothing in it."""
    and_: str
    comma: str
    types: Mapping[QuestionType, str]
    no_point: str
    """What questions of a type are called whose knowledge point is not known."""
    method: Mapping[QuestionType, str]
    method_of: tuple[str, str]
    """For some of the questions, and what stands between two of these."""
    method_measured: str
    method_known: str
    """Of a blank to which one knows the answer, or finds it in the book."""
    method_blank: str
    method_blank_known: str
    practise: str
    parts: tuple[str, str, str]
    """Parts of a topic, what stands between two, and one."""
    doubt: str
    check: str
    amount: tuple[str, str]
    """Of one, of several."""
    amount_questions: tuple[str, str]
    lost_points: str
    lost_questions: str
    left_blank: str
    earned: str
    lost: str
    result: str
    wrote: str
    blanks_at: tuple[str, str]
    """One, several: which blanks of a question, after its number; `comma_short` parts two."""
    comma_short: str
    key: str
    why: str
    first: str
    above: str
    rest: str
    blanks: str
    all_right: str
    all_blank: str
    ungraded: str
    revise: str
    """An essay that waits for its score."""
    review: str
    named: str
    tentative: str
    nothing: str
    no_key: str
    essay_open: str
    no_total: str
    judged: str
    score: str
    verdicts: Mapping[str, str]
    verdict: str
    full_stop: str
    focus: str
    focused: str
    not_counted: str
    doubtful: str

    def cite(self, labels: Iterable[str]) -> str:
        """第3、7题 or Q3, Q7; three or more numbers in a row become a range. In order of number, else as they come."""
        before, between, after = self.around
        return f"{before}{between.join(runs(labels))}{after}"

    def quote(self, text: str) -> str:
        """An answer as cited in a sentence: one line, cut when long. TeX is cited whole or not at all."""
        left, right, blank = self.quotes
        blanks = [" ".join(each.split()) for each in blanks_of(text)]
        line = blank.join(each or self.empty for each in blanks) if len(blanks) > 1 else blanks[0]
        if "\\" in line or "$" in line:
            return f"{left}{line}{right}" if len(line) <= _FORMULA_LIMIT else f"{left}…{right}"
        return f"{left}{line[:_QUOTE_LIMIT]}…{right}" if len(line) > _QUOTE_LIMIT else f"{left}{line}{right}"

    def numbers_in(self, text: str) -> list[str]:
        """The labels that a sentence cites, ranges spelled out."""
        left, right, _ = self.quotes
        bare = re.sub(f"{left}[^{right}]*{right}", "", text)  # what a student wrote cites nothing
        found: list[str] = []
        for group in self.cited.findall(bare):
            for part in group.split(self.around[1]):
                found += spelled(part.rstrip("."))
        return found


def points(value: float) -> str:
    """Points without needless decimals: 3, 2.5."""
    return f"{round(value, 2):g}"


def percent(share: float) -> str:
    """A whole percentage, never rounded up to 100 or down to 0 when something is missing or there."""
    whole = min(round(share * 100), 99) if share < 1 else 100
    return f"{max(whole, 1) if share > 0 else 0}%"
