"""What is said of mistakes and measures, in the two languages of reports."""

from collections.abc import Mapping
from typing import Literal

Lang = Literal["zh", "en"]

RULES: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "twice": "同一个词写了两遍。",
        "article": "元音音素前用 an，辅音音素前用 a。",
        "capital_i": "“我”要大写：I。",
        "capital": "句首字母要大写。",
        "gap": "标点前不留空格。",
        "close": "标点后要空一格。",
        "wide": "英文里用半角标点。",
        "doubled_sign": "标点重复了。",
        "misspelt": "拼写错误。",
        "narrow": "中文里用全角标点。",
        "ellipsis": "省略号是六个点，占两格：……",
        "clash": "两个标点不能连用。",
        "unpaired": "成对的符号缺了一半。",
        "miswritten": "错别字。",
    },
    "en": {
        "twice": "The word stands twice.",
        "article": "“an” before a vowel sound, “a” before a consonant sound.",
        "capital_i": "“I” is always a capital.",
        "capital": "A sentence begins with a capital.",
        "gap": "No space before this mark.",
        "close": "A space is missing after this mark.",
        "wide": "A Chinese punctuation mark in English text.",
        "doubled_sign": "The mark stands twice.",
        "misspelt": "Misspelt.",
        "narrow": "Chinese text takes full-width marks.",
        "ellipsis": "A Chinese ellipsis has six dots: ……",
        "clash": "These two marks can't stand together.",
        "unpaired": "The other half of this pair is missing.",
        "miswritten": "A miswritten character.",
    },
}

ADVICE: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "short": "要求不少于 {least} {unit}，写了 {length} {unit}，还差 {gap} {unit}：把主要内容写具体些。",
        "long": "要求不超过 {most} {unit}，写了 {length} {unit}，多了 {gap} {unit}：删去次要的内容。",
        "one_paragraph": "{length} {unit}写成了一段：按开头、主体、结尾分段。",
        "long_sentence": "最长的一句有 {length} {unit}：断成两三句。",
        "sentence_again": "“{text}”写了 {count} 遍：换一种说法，或删去。",
        "word_again": "“{text}”用了 {count} 次：试着换词或合并句子。",
    },
    "en": {
        "short": "At least {least} {unit} were asked for, {length} were written, {gap} too few: say more of the main points.",
        "long": "At most {most} {unit} were asked for, {length} were written, {gap} too many: leave out what matters less.",
        "one_paragraph": "All {length} {unit} stand in one paragraph: give opening, body and ending one each.",
        "long_sentence": "The longest sentence has {length} {unit}: make two or three of it.",
        "sentence_again": "“{text}” stands here {count} times: put it differently, or leave it out.",
        "word_again": "“{text}” is used {count} times: look for other words, or join sentences.",
    },
}

UNITS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {"characters": "字", "words": "词"},
    "en": {"characters": "characters", "words": "words"},
}
