"""The report's words for the contract's codes."""

import re
from collections.abc import Sequence

from contracts.artefacts.analysis import Verdict
from contracts.artefacts.paper import QuestionType

SUBJECTS = {
    "math": "数学", "physics": "物理", "chemistry": "化学", "biology": "生物", "history": "历史", "geography": "地理",
    "politics": "道德与法治", "english": "英语", "chinese": "语文", "science": "科学", "ict": "信息科技",
}  # fmt: skip
GRADES = (
    "一年级",
    "二年级",
    "三年级",
    "四年级",
    "五年级",
    "六年级",
    "七年级",
    "八年级",
    "九年级",
    "高一",
    "高二",
    "高三",
)
TYPES: dict[QuestionType, str] = {
    "single_choice": "单选", "multiple_choice": "多选", "true_false": "判断", "fill_blank": "填空",
    "short_answer": "简答", "calculation": "解答", "essay": "写作", "composite": "综合",
}  # fmt: skip
VERDICTS: dict[Verdict, str] = {
    "correct": "正确", "partial": "部分得分", "wrong": "错误", "blank": "未作答", "ungraded": "未判分"
}  # fmt: skip
GRADED_BY = {"key": "标准答案比对", "marks": "卷面批改痕迹", "llm": "大模型评阅", "teacher": "老师判分"}
QUALITY = {
    "blurred": "偏模糊", "too_small": "分辨率偏低", "cut_off": "边缘被裁切", "dark": "偏暗", "shadow": "有阴影",
    "glare": "有反光", "skewed": "倾斜较大", "low_contrast": "对比度偏低",
}  # fmt: skip


def points(value: float | None) -> str:
    """Points without needless decimals; a dash when there are none."""
    return "—" if value is None else f"{round(value, 2):g}"


def leading(label: str) -> int | None:
    """The number with which a label starts: 17 of 17(1)."""
    found = re.match(r"[0-9]+", label)
    return int(found[0]) if found else None


def cite(labels: Sequence[str]) -> str:
    """第3、7题; three or more numbers in a row become a range: 第1–4、7题. In order of number, else as they come."""
    ordered = list(labels)
    if all(leading(label) is not None for label in ordered):
        ordered.sort(key=lambda label: leading(label) or 0)
    parts: list[str] = []
    run: list[str] = []
    for label in [*ordered, ""]:
        follows = run and run[-1].isdecimal() and label.isdecimal() and int(label) == int(run[-1]) + 1
        if run and not follows:
            parts += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else run
            run = []
        run.append(label)
    return f"第{'、'.join(parts)}题"


def short(text: str, limit: int) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
