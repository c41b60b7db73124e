"""Text in an exam that speaks to whoever grades it. It is taken out before a model sees it, and a teacher looks.

A list of patterns stops no clever attacker, and need not: what passes it still has to quote the answer and leave the
criterion alone that nobody can meet. It keeps the plain ones, which are most, from reaching the model at all.
"""

import re
import unicodedata
from dataclasses import dataclass

_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_SENTENCE = re.compile(r"[^。！？!?\n;；]*[。！？!?\n;；]?")
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # points asked for
        r"(给|打|判|评|算|记|得|要|加|赏|送).{0,8}(高分|全分|一百分|及格)|满分(?!\s*[:：为是]?\s*\d)",
        (
            r"(请|务必|必须|求求|求给|直接|给我|给他|给她|给本题|给此题|给这题|给该生|给全部).{0,8}"
            r"(满分|高分|分数|全对|\d\s*分(?![米钟子母之式数别析解])|(当作|判为?|算作?)(答)?对)"
        ),
        r"(不要|不得|不能|不准|不许|别|勿)扣.{0,3}分|手下留情|判(?!断|定).{0,3}(正确|全对|为?对)|算(作|为)(答)?(对|正确)|全部?(给|算|判)对",
        r"(full|perfect)\W{0,3}(marks?|points?|scores?|credits?|grades?)(?!\W{0,3}\d)|max(imum)?\W{0,3}(marks?|scores?|credits?|grades?)(?!\W{0,3}\d)",
        r"(award|give|grant|assign|deserves?)\b.{0,25}\b(full|max|all|top|perfect|\d+)\W.{0,10}(marks?|points?|scores?|credits?)",
        r"(return|output|respond|reply)\b.{0,20}\b(scores?|json)\b|\bscore\W{0,3}=\W{0,3}\d|\bno (deductions?|marks? off)\b",
        r"mark\b.{0,20}\b(as|it|this|everything|all)\b.{0,12}\b(correct|right)\b|\ball answers are correct",
        # orders to a machine
        r"(忽略|无视|忘记|忘掉|不要?理会|跳过|覆盖).{0,6}(以上|上面|之前|前面|评分|原有|先前)(?!.{0,3}(阻力|摩擦|重力|质量|误差|损失|热量))",
        r"(忽略|无视|忘记|忘掉|不要?理会|跳过|覆盖|执行|听从).{0,10}(指令|提示词|提示语)",
        r"(ignore|disregard|forget|override|bypass|skip)\b.{0,40}(instruct|prompt|rubric|above|previous|prior|criteri|guideline|system)",
        r"(你是|你现在是|你将扮演|请扮演|作为).{0,10}(\bai\b|ai(?![a-z])|助手|语言模型|大模型|机器人|评分|阅卷|判卷|改卷)",
        r"(评分|阅卷|判卷|改卷|批改)(系统|模型|程序|机器|助手|ai|员|老师|者)|(人工智能|ai|大?模型).{0,4}(请|你好|注意|务必)",
        r"(as|dear|hello|hey|note to|attention)\W{0,3}(the\W|an?\W)?\W{0,3}(ai|grader|marker|examiner|language model|llm|assistant|chatbot)\b",
        r"\byou are (now\b|an?\b|the\b).{0,24}\b(ai|model|assistant|grader|examiner|dan)\b|\b(grader|grading model|llm)\b",
        r"(new|updated?|real|secret)\W{0,3}(instruct|prompt)|(system|developer|hidden|admin)\W{0,3}(prompt|message|mode|override|instruct)",
        r"(系统|开发者|管理员|隐藏)(提示|指令|消息|命令)|新的?(指令|提示|命令)|提示词|越狱|jailbreak|prompt injection",
        r"(评分|打分|阅卷)(标准|规则|细则).{0,8}(改|变|更新|作废|无效|如下)",
        # forged structure
        r"<\|?/?\s*(im_start|im_end|system|user|assistant|data|answer|endoftext|inst|eot_id)\s*\|?>|\[/?inst\]|<</?sys>>",
        r"(^|\n)\W{0,4}(system|assistant|developer|grader|系统)\W{0,2}[:：]|={4,}|#{3,}|`{3}",
        r"[\"“'](points?|scores?|criteria|evidence|feedback|verdict|grade|得分|分数|评分)\\?[\"”']\s*[:：]",
        r"(\bend\b|结束).{0,6}(of )?\b(data|answer)|(数据|作答|答案)(到此)?(结束|完毕)|以上(是|为)(数据|学生)",
        r"!\[[^\]]{0,200}\]\(|https?://|javascript:|\bbase64\b|data:text|(?=[a-z/]{0,39}\d)[a-z0-9/]{40,}={0,2}",
    )
)

_SPELLED = re.compile(r"(?<![a-z])[a-z](?:[ .·_*-]{1,3}[a-z](?![a-z])){7,}")
"""Letters one by one, eight or more: a word written apart so as not to be found."""
_UNBOUND = tuple(re.compile(pattern.pattern.replace(r"\b", "")) for pattern in _PATTERNS)
"""The same patterns where no space tells any more where a word ends."""


@dataclass(frozen=True)
class Cleaned:
    """`text` without what speaks to a grader; `suspicious`: there was something of the kind."""

    text: str
    suspicious: bool


def cleaned(text: str) -> Cleaned:
    """Take out sentences that speak to whoever grades, and characters that nobody sees."""
    visible = _HIDDEN.sub("", text)
    if not _speaks(visible):
        return Cleaned(visible, suspicious=visible != text)
    kept = [piece for piece in _SENTENCE.findall(visible) if piece and not _speaks(piece)]
    rest = "".join(kept).strip()
    # What only whole speaks to a grader is not sent at all.
    return Cleaned("" if _speaks(rest) else rest, suspicious=True)


def _speaks(text: str) -> bool:
    folded = _folded(text)
    dense = _dense(folded)
    if any(pattern.search(folded) or pattern.search(dense) for pattern in _PATTERNS):
        return True
    words = ["".join(filter(str.isalpha, found[0])) for found in _SPELLED.finditer(folded)]
    return any(pattern.search(word) for word in words for pattern in _UNBOUND)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _dense(text: str) -> str:
    """Without spaces and marks between characters: 给 满-分, written apart so as not to be found."""
    return re.sub(r"(?<=[^\x00-\x7f])[\s\W_]+(?=[^\x00-\x7f])", "", text)
