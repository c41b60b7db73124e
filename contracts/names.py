"""What the contracts' codes are called by people, in the languages that reports are written in."""

from typing import Literal

from contracts.artefacts.paper import QuestionType
from contracts.artefacts.submission import Subject

Language = Literal["zh", "en"]

SUBJECTS: dict[Language, dict[Subject, str]] = {
    "zh": {
        "math": "数学", "physics": "物理", "chemistry": "化学", "biology": "生物", "history": "历史", "geography": "地理",
        "politics": "道德与法治", "english": "英语", "chinese": "语文", "science": "科学", "ict": "信息科技",
    },
    "en": {
        "math": "Mathematics", "physics": "Physics", "chemistry": "Chemistry", "biology": "Biology", "history": "History",
        "geography": "Geography", "politics": "Ethics and law", "english": "English", "chinese": "Chinese", "science": "Science",
        "ict": "Computing",
    },
}  # fmt: skip
GRADES: dict[Language, tuple[str, ...]] = {
    "zh": (
        "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级", "高一", "高二", "高三",
    ),
    "en": tuple(map(str, range(1, 13))),
}  # fmt: skip
TYPES: dict[Language, dict[QuestionType, str]] = {
    "zh": {
        "single_choice": "单选", "multiple_choice": "多选", "true_false": "判断", "fill_blank": "填空",
        "short_answer": "简答", "calculation": "解答", "essay": "写作", "composite": "综合",
    },
    "en": {
        "single_choice": "Choice", "multiple_choice": "Multiple choice", "true_false": "True or false",
        "fill_blank": "Blanks", "short_answer": "Short answer", "calculation": "Worked", "essay": "Writing",
        "composite": "Composite",
    },
}  # fmt: skip
