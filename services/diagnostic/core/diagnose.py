"""Paper and verdicts in, diagnosis out."""

from collections.abc import Sequence

from contracts.artefacts.analysis import Analysis
from contracts.artefacts.diagnosis import Background, Diagnosis, Mastery
from contracts.artefacts.paper import Paper
from contracts.artefacts.submission import SubjectRules, Submission
from services.diagnostic.core.advice import losses_of, suggestions_of
from services.diagnostic.core.evidence import Item, items_of
from services.diagnostic.core.rows import ENOUGH, Row, gauge_of, masteries, rows_by_point, rows_by_type
from services.diagnostic.core.wording import cite, percent, points

NOTHING_ELSE = Background()
_POOR = 0.5
_MOST_NAMED = 4
_MOST_LISTED = 8


def diagnose(
    submission: Submission, paper: Paper, analysis: Analysis, background: Background = NOTHING_ELSE
) -> Diagnosis:
    """The diagnosis of one exam; ungraded questions are left out of mastery.

    Mastery is given per knowledge point, and per question type (codes `type.*`) when the knowledge points alone can't
    carry a judgement: half of the questions have none, or none was asked often enough. Deterministic; raises nothing
    of its own.
    """
    items = items_of(paper, analysis)
    graded = [item for item in items if item.share is not None]
    gauge = gauge_of(graded, background.classmates)
    rows = rows_by_point(graded, gauge, background.history)
    untagged = [item for item in graded if not item.points]
    mastery = masteries(rows, gauge, rows_by_type(untagged, gauge))
    if not any(row.sufficient for row in mastery) or 2 * len(untagged) >= len(graded):
        by_type = rows_by_type(graded, gauge)
        rows, mastery = rows + by_type, mastery + masteries(by_type, gauge)
    firm = [pair for pair in zip(rows, mastery, strict=True) if pair[1].sufficient]
    weak = sorted((pair for pair in firm if _is_weak(pair[1], submission.rules)), key=lambda pair: pair[1].mastery)
    strong = sorted((pair for pair in firm if _is_strong(pair[1], submission.rules)), key=lambda pair: -pair[1].mastery)
    return Diagnosis(
        mastery=tuple(mastery),
        weak_points=tuple(_named(*pair) for pair in weak) or _tentative(items),
        strengths=tuple(_named(*pair) for pair in strong),
        suggestions=suggestions_of(items),
        summary=_summary(items, analysis),
    )


def _is_weak(row: Mastery, rules: SubjectRules) -> bool:
    """Low, and surely (95 %) short of strong."""
    return row.mastery < rules.weak_below and row.high < rules.strong_from


def _is_strong(row: Mastery, rules: SubjectRules) -> bool:
    """High, and surely (95 %) not poor."""
    return row.mastery >= rules.strong_from and row.low > min(_POOR, rules.weak_below)


def _named(point: Row, mastery: Mastery) -> str:
    cited = cite(item.label for item in point.items)
    return f"{point.name}（{cited}，掌握度约 {percent(mastery.mastery)}）"


def _tentative(items: Sequence[Item]) -> tuple[str, ...]:
    """Where points were lost, when nothing was asked often enough to be called weak."""
    thin = [loss for loss in losses_of(items) if loss.asked < ENOUGH]
    return tuple(
        f"{loss.name}（{cite(item.label for item in loss.items)}失分，证据不足，待确认）" for loss in thin[:_MOST_NAMED]
    )


def _summary(items: Sequence[Item], analysis: Analysis) -> str:
    graded = [item for item in items if item.share is not None]
    if not items:
        return "没有识别到题目，无法诊断；请确认上传的是试卷或答题卡并重新拍照。"
    if not graded:
        return (
            f"{cite(item.label for item in items)}没有可比对的标准答案，也没有读到批改痕迹，暂时无法判断对错；"
            "补充标准答案后即可得到诊断。"
        )
    sentences = [_score(items, graded, analysis), _verdicts(graded), *_focus(items), *_open_ends(items, graded)]
    return "".join(sentences)


def _score(items: Sequence[Item], graded: Sequence[Item], analysis: Analysis) -> str:
    """Points earned of those that were judged: what nobody judged is not lost."""
    cited = cite(item.label for item in items)
    judged = "" if len(graded) == len(items) else f"中已判分 {len(graded)} 题，"
    full = [item.full for item in graded if item.full is not None]
    if analysis.earned is None or len(full) < len(graded) or not sum(full):
        return f"{cited}{judged or '已全部判分，'}部分题的分值未知，未计总分。"
    most = sum(full) if judged else analysis.max or sum(full)
    share = percent(min(analysis.earned / most, 1.0))
    return f"{cited}{judged}共得 {points(analysis.earned)}/{points(most)} 分，得分率 {share}。"


def _verdicts(graded: Sequence[Item]) -> str:
    """How many of each verdict; many right answers are counted, not listed, when there is something else to list."""
    clauses = []
    only = len({item.answer.verdict for item in graded}) == 1
    for verdict, words in (("correct", "答对"), ("partial", "部分得分"), ("wrong", "答错"), ("blank", "未作答")):
        labels = [item.label for item in graded if item.answer.verdict == verdict]
        if labels:
            listed = only or verdict != "correct" or len(labels) <= _MOST_LISTED
            clauses.append(f"{words} {len(labels)} 题（{cite(labels)}）" if listed else f"{words} {len(labels)} 题")
    return "，".join(clauses) + "。"


def _focus(items: Sequence[Item]) -> list[str]:
    """The largest losses, when there is more than one place to lose."""
    losses = losses_of(items)
    if len(losses) < 2:
        return []
    named = "和".join(
        f"「{loss.name}」（{cite(item.label for item in loss.items)}，{loss.amount}）" for loss in losses[:2]
    )
    return [f"失分最多的是{named}。"]


def _open_ends(items: Sequence[Item], graded: Sequence[Item]) -> list[str]:
    ungraded = [item.label for item in items if item.share is None]
    doubtful = [item.label for item in graded if item.answer.needs_review]
    sentences = []
    if ungraded:
        sentences.append(f"{cite(ungraded)}没有判分，不计入得分与掌握度。")
    if doubtful:
        sentences.append(f"{cite(doubtful)}的识别或判分把握不大，需老师复核。")
    return sentences
