"""The fixed texts of practice papers, in both languages."""

from contracts.names import Language
from services.gateway.practice.core.choose import Level
from services.gateway.practice.core.item import ItemType

LEVELS: dict[Language, dict[Level, str]] = {
    "zh": {"basic": "基础", "standard": "提高", "advanced": "拓展"},
    "en": {"basic": "basic", "standard": "standard", "advanced": "advanced"},
}
SECTIONS: dict[Language, dict[ItemType, str]] = {
    "zh": {
        "single_choice": "单项选择题", "multiple_choice": "多项选择题", "true_false": "判断题", "fill_blank": "填空题",
        "short_answer": "简答题", "calculation": "解答题",
    },
    "en": {
        "single_choice": "Multiple choice", "multiple_choice": "Multiple choice (select all that apply)",
        "true_false": "True or false", "fill_blank": "Fill in the blanks", "short_answer": "Short answer",
        "calculation": "Problems",
    },
}  # fmt: skip
_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "numerals": "一 二 三 四 五 六",
        "title": "{grade}{subject}巩固练习（{level}）",
        "title.gradeless": "{subject}巩固练习（{level}）",
        "section": "{number}、{title}（共{count}题，{points}分）",
        "points": "（{points}分）",
        "plan": "本卷练习",
        "numbers": "第 {numbers} 题",
        "lacking": "题库中合适的题不够：{points}",
        "lacking.point": "{name}（需 {wanted} 题，有 {found} 题）",
        "reason.weak": "薄弱点",
        "reason.asked": "指定",
        "reason.prerequisite": "先修基础",
        "sheet": "答题纸",
        "key": "参考答案",
        "about": "共 {count} 题 · 满分 {points} 分 · 答案写在最后的答题纸上，只需拍摄或扫描答题纸上传",
        "about.key": "共 {count} 题 · 满分 {points} 分",
        "name": "姓名",
        "class": "班级",
        "number": "学号",
        "row.number": "题号",
        "row.answer": "答案",
        "answer": "答案",
        "accepted": "也可：{answers}",
        "rubric": "评分标准",
        "rubric.points": "{points}分",
        "solution": "解析",
        "tests": "考点：{points}",
        "page": "第 {page} 页，共 {pages} 页",
        "separator": "、",
        "sources": "题目来源",
        "model": "由模型编写，答案经符号检验",
        "model.paper": "［模型编写］",
    },
    "en": {
        "numerals": "A B C D E F",
        "title": "{subject} practice, grade {grade} ({level})",
        "title.gradeless": "{subject} practice ({level})",
        "section": "Part {number}. {title} ({count} questions, {points} marks)",
        "points": "({points} marks) ",
        "plan": "What this paper practises",
        "numbers": "questions {numbers}",
        "lacking": "The bank has too few fitting items: {points}",
        "lacking.point": "{name} (wanted {wanted}, found {found})",
        "reason.weak": "weak point",
        "reason.asked": "asked for",
        "reason.prerequisite": "needed first",
        "sheet": "Answer sheet",
        "key": "Answer key",
        "about": "{count} questions · {points} marks · write on the answer sheet at the end; only the sheet is scanned",
        "about.key": "{count} questions · {points} marks",
        "name": "Name",
        "class": "Class",
        "number": "No.",
        "row.number": "No.",
        "row.answer": "Ans",
        "answer": "Answer",
        "accepted": "also: {answers}",
        "rubric": "Marking",
        "rubric.points": "{points} marks",
        "solution": "Solution",
        "tests": "Tests: {points}",
        "page": "Page {page} of {pages}",
        "separator": ", ",
        "sources": "Sources",
        "model": "written by a model, answer checked symbolically",
        "model.paper": "[written by a model]",
    },
}


def words(language: Language) -> dict[str, str]:
    """Texts by name."""
    return _WORDS[language]
