"""Suggestions: what to do next, for which questions, starting from the lost points."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.artefacts.diagnosis import Suggestion
from contracts.artefacts.paper import QuestionType
from services.diagnostic.core.causes import cause_of
from services.diagnostic.core.evidence import TYPE_NAMES, Item
from services.diagnostic.core.wording import cite, points, quote

_MOST_GROUPS = 5
_MOST_DETAILS = 3
_ENOUGH = 3
_SEVERAL = 2
_SHORT = 24

_METHOD: dict[QuestionType, str] = {
    "single_choice": "重做时逐项写出排除其余选项的理由",
    "multiple_choice": "重做时对每个选项单独判断对错，再合并作答",
    "true_false": "对判断有误的说法各举一个例子或反例",
    "fill_blank": "把每个空的推导过程写在题旁，算完代回原题检验",
    "short_answer": "对照答案逐条列出得分要点，圈出遗漏的要点后重写",
    "calculation": "重做时每步只变形一次，写完代回原题检验",
    "essay": "对照评分标准修改提纲，再重写失分最多的一段",
    "composite": "按小题顺序重做，标出第一处出错的地方",
}
_METHOD_FOR_BLANK = "先看课本例题弄清方法，再独立写出已知条件和第一步"


@dataclass(frozen=True)
class Loss:
    """Questions that lost points on one knowledge point, or of one type where no point is known."""

    name: str
    items: tuple[Item, ...]
    asked: int

    @property
    def lost(self) -> float:
        return sum(item.lost for item in self.items)

    @property
    def amount(self) -> str:
        """3 分; where points are unknown, the number of questions: 2 题."""
        known = all(item.full is not None for item in self.items)
        return f"{points(self.lost)} 分" if known else f"{len(self.items)} 题"


def losses_of(items: Sequence[Item]) -> list[Loss]:
    """Where points were lost, the most first."""
    asked: dict[str, list[Item]] = {}
    for item in items:
        if item.share is not None:
            asked.setdefault(group_name(item), []).append(item)
    found = [
        Loss(name, tuple(item for item in group if item.lost > 0), len(group))
        for name, group in asked.items()
        if any(item.lost > 0 for item in group)
    ]
    return sorted(found, key=lambda loss: -loss.lost)  # stable: ties stay in the paper's order


def group_name(item: Item) -> str:
    """The surest knowledge point of a question, else its type."""
    return item.points[0][0].name if item.points else TYPE_NAMES[item.question.type]


def suggestions_of(items: Sequence[Item]) -> tuple[Suggestion, ...]:
    """Advice on the largest losses, then on blanks, then on what should be checked by a person."""
    graded = [item for item in items if item.share is not None]
    losses = losses_of(items)
    if graded and all(item.answer.verdict == "blank" for item in graded):
        found = [_all_blank(graded)]
    elif graded and not losses:
        found = [_all_right(graded)]
    else:
        found = [_practise(loss) for loss in losses[:_MOST_GROUPS]] + _rest(losses[_MOST_GROUPS:]) + _blanks(graded)
    return (*found, *_ungraded(items), *_review(graded))


def _practise(loss: Loss) -> Suggestion:
    labels = [item.label for item in loss.items]
    details = "，".join(_detail(item) for item in loss.items[:_MOST_DETAILS])
    blank = all(item.answer.verdict == "blank" for item in loss.items)
    method = _METHOD_FOR_BLANK if blank else _METHOD[loss.items[0].question.type]
    thin = loss.asked < _ENOUGH
    doubt, check = ("，证据不足", "，再做 2–3 道同类题确认") if thin else ("", "")
    text = f"「{loss.name}」（{cite(labels)}，失 {loss.amount}{doubt}）：{details}；{method}{check}。"
    return Suggestion(text=text, evidence=tuple(item.number for item in loss.items))


def _detail(item: Item) -> str:
    """What was written and what was right, for one question."""
    label, answer = cite([item.label]), item.answer
    cause = cause_of(item)
    why = f"（{cause}）" if cause else ""
    if answer.verdict == "blank" or answer.student_answer == "":
        return f"{label}未作答"
    if item.question.type in {"calculation", "essay", "short_answer"} or not answer.student_answer:
        earned = (
            ""
            if answer.score is None or not answer.max_score
            else f"得 {points(answer.score)}/{points(answer.max_score)} 分"
        )
        result = answer.correct_answer if item.question.type == "calculation" else None
        right = f"，正确结果{quote(result)}" if result and len(result) <= _SHORT else ""
        return f"{label}{earned or '失分'}{right}{why}"
    key = f"，应为{quote(answer.correct_answer)}" if answer.correct_answer else ""
    return f"{label}作答{quote(answer.student_answer)}{key}{why}"


def _rest(losses: Sequence[Loss]) -> list[Suggestion]:
    items = [item for loss in losses for item in loss.items]
    if not items:
        return []
    text = f"其余失分在{cite(item.label for item in items)}：逐题订正，写明每题错在哪一步。"
    return [Suggestion(text=text, evidence=tuple(item.number for item in items))]


def _blanks(graded: Sequence[Item]) -> list[Suggestion]:
    """Several blanks say something of their own: how the time was spent."""
    blanks = [item for item in graded if item.answer.verdict == "blank"]
    if len(blanks) < _SEVERAL:
        return []
    text = f"{cite(item.label for item in blanks)}没有作答：弄清是不会做、没看到还是时间不够，下次先做有把握的题，最后不留空。"
    return [Suggestion(text=text, evidence=tuple(item.number for item in blanks))]


def _all_right(graded: Sequence[Item]) -> Suggestion:
    text = f"{cite(item.label for item in graded)}全部得满分：可选做综合性更强的题目，并试着把其中最难一题的思路讲给同学听。"
    return Suggestion(text=text, evidence=tuple(item.number for item in graded))


def _all_blank(graded: Sequence[Item]) -> Suggestion:
    text = f"{cite(item.label for item in graded)}都没有读到作答：请先确认上传的是已作答的试卷且照片清晰，再从每个大题的第一问做起。"
    return Suggestion(text=text, evidence=tuple(item.number for item in graded))


def _ungraded(items: Sequence[Item]) -> list[Suggestion]:
    ungraded = [item for item in items if item.share is None]
    if not ungraded:
        return []
    text = f"{cite(item.label for item in ungraded)}没有判分：补充标准答案或由老师批改后，可得到这些题的诊断。"
    return [Suggestion(text=text, evidence=tuple(item.number for item in ungraded))]


def _review(graded: Sequence[Item]) -> list[Suggestion]:
    doubtful = [item for item in graded if item.answer.needs_review]
    if not doubtful:
        return []
    text = (
        f"请老师对照原卷复核{cite(item.label for item in doubtful)}：这些题的识别或判分把握不大，复核后结论可能改变。"
    )
    return [Suggestion(text=text, evidence=tuple(item.number for item in doubtful))]
