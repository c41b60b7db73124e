"""The words of the part on essays, in both languages."""

from collections.abc import Mapping

from contracts.artefacts.essay import Dimension, MistakeKind
from services.report.core.words.table import Lang

LABELS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "title": "作文点评", "note": "“标出的错误”一栏的序号与文中的序号对应", "task": "题目", "text": "原文", "dimensions": "各项得分",
        "mistakes": "标出的错误", "corrected": "改正后", "suggestions": "修改建议", "measures": "统计", "feedback": "评语",
        "graded_by": "判分依据", "review": "待复核", "original": "原文", "correction": "改为", "kind": "类型", "why": "说明",
        "points": "得分", "no": "序号", "paper": "{subject}作文",
    },
    "en": {
        "title": "The essay", "note": "numbers in the text are those of the list of mistakes", "task": "Task", "text": "The text",
        "dimensions": "Points by dimension", "mistakes": "Mistakes", "corrected": "Corrected", "suggestions": "What to improve",
        "measures": "Counted", "feedback": "Comment", "graded_by": "Graded by", "review": "To be checked",
        "original": "Written", "correction": "Better", "kind": "Kind", "why": "Why", "points": "Points", "no": "No.",
        "paper": "{subject} essay",
    },
}  # fmt: skip
SAYINGS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "characters": "{count} 字", "words": "{count} 词", "about_characters": "约 {count} 字", "about_words": "约 {count} 词",
        "characters_one": "1 字", "words_one": "1 词", "about_characters_one": "约 1 字", "about_words_one": "约 1 词",
        "asked_both": "（要求 {least}–{most}）", "asked_least": "（要求不少于 {least}）", "asked_most": "（要求不超过 {most}）",
        "paragraphs": "{count} 段", "sentences": "{count} 句", "longest": "最长的一句 {count}",
        "deleted": "删去", "nothing": "—", "left_out": "另有 {count} 处未列出。", "score": "得分 {points}", "none": "没有标出错误。",
        "quoted": "“{text}”",
    },
    "en": {
        "characters": "{count} characters", "words": "{count} words", "about_characters": "about {count} characters",
        "about_words": "about {count} words", "characters_one": "1 character", "words_one": "1 word",
        "about_characters_one": "about 1 character", "about_words_one": "about 1 word", "asked_both": " ({least}–{most} asked for)", "asked_least": " (at least {least} asked for)",
        "asked_most": " (at most {most} asked for)", "paragraphs": "paragraphs: {count}", "sentences": "sentences: {count}",
        "longest": "longest sentence: {count}", "deleted": "leave it out", "nothing": "—",
        "left_out": "{count} more are not listed.", "score": "{points} points", "none": "No mistake is marked.",
        "quoted": "“{text}”",
    },
}  # fmt: skip
DIMENSIONS: Mapping[Lang, Mapping[Dimension, str]] = {
    "zh": {
        "content": "内容与立意", "organisation": "结构", "language": "语言", "vocabulary": "词汇", "grammar": "语法",
        "mechanics": "书写与规范",
    },
    "en": {
        "content": "Content", "organisation": "Organisation", "language": "Language", "vocabulary": "Vocabulary",
        "grammar": "Grammar", "mechanics": "Mechanics",
    },
}  # fmt: skip
KINDS: Mapping[Lang, Mapping[MistakeKind, str]] = {
    "zh": {
        "spelling": "字词", "grammar": "语法", "wording": "用词", "punctuation": "标点", "repetition": "重复", "format": "格式",
        "other": "其他",
    },
    "en": {
        "spelling": "spelling", "grammar": "grammar", "wording": "wording", "punctuation": "punctuation",
        "repetition": "repetition", "format": "format", "other": "other",
    },
}  # fmt: skip
