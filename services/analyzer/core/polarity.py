"""Words that turn a statement round: negations, and pairs of opposites, in English and Chinese."""

import re

NEGATIONS = frozenset(
    ("no", "not", "never", "none", "nothing", "neither", "nor", "cannot", "without", "hardly", "unable", "fails")
)
_ENGLISH = (
    "connected/separated connected/disconnected open/closed complete/incomplete complete/broken same/different"
    " positive/negative more/less most/least higher/lower high/low increase/decrease increases/decreases hot/cold"
    " warm/cool fast/slow faster/slower hard/soft harder/softer heavy/light heavier/lighter big/small bigger/smaller"
    " large/small larger/smaller parallel/series on/off long/short longer/shorter loud/quiet up/down top/bottom"
    " conductor/insulator acid/base dissolve/precipitate sink/float living/dead even/odd always/never yes/no true/false"
    " burn/out rough/smooth wet/dry steep/flat many/few first/last before/after add/remove touching/apart strong/weak"
    " stronger/weaker tight/loose thick/thin deep/shallow near/far above/below closer/farther gain/lose rise/fall"
    " push/pull attract/repel inside/outside absorb/release melt/freeze solid/liquid expand/contract"
)
_CHINESE = (
    "增大/减小 增加/减少 增强/减弱 变大/变小 变多/变少 变快/变慢 升高/降低 上升/下降 吸热/放热 吸收/放出 吸引/排斥 向左/向右 向上/向下"
    " 向前/向后 顺时针/逆时针 正比/反比 正电/负电 串联/并联 凸透镜/凹透镜 会聚/发散 实像/虚像 放大/缩小 倒立/正立 静止/运动 匀速/变速"
    " 加速/减速 汽化/液化 熔化/凝固 氧化/还原 酸性/碱性 溶解/析出 导体/绝缘体 有利/不利 有利/有害 提高/降低 提高/下降 促进/阻碍 促进/抑制"
    " 前进/后退 先进/落后 开放/封闭 集中/分散 统一/分裂 加强/削弱 扩大/缩小 进步/倒退 支持/反对 赞成/反对 肯定/否定 积极/消极 主动/被动"
    " 直接/间接 显性/隐性 可以/不可以 能够/不能 大于/小于 高于/低于 多于/少于 高压/低压 高温/低温 湿润/干旱 温暖/寒冷 炎热/寒冷 有氧/无氧"
    " 平行/垂直 相同/不同 相等/不等 充分/不足 存在/不存在 正确/错误 合理/不合理"
)
_NEGATIVE = re.compile("不|没有|没|无|非|未|否")
_IDLE_NEGATIVE = re.compile(
    "不仅|不但|不断|不管|不论|无论|不同|不得不|非常|是否|能否|无机|无氧|不少|差不多|不久|不只|不过|并非不|除非|南非|非洲|未来"
)
"""Words with a sign of negation in them that negate nothing."""
_BEFORE = re.compile(r"(?:不|没有?|未|非|not)\Z")
"""A negation that ends here."""


def _pairs(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in text.split():
        a, b = pair.split("/")
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return {word: frozenset(others) for word, others in found.items()}


OPPOSITES = _pairs(_ENGLISH)
_OPPOSED = _pairs(_CHINESE)


def negations(text: str) -> int:
    """How often a Chinese clause negates."""
    return len(_NEGATIVE.findall(_IDLE_NEGATIVE.sub("", text)))


def is_negated(text: str, place: int) -> bool:
    """Whether what begins at `place` stands behind a negation."""
    before = _BEFORE.search(text, 0, place)
    return before is not None and not _IDLE_NEGATIVE.match(text, before.start())


def turned(clause: str, point: str) -> bool:
    """Whether a Chinese clause says the opposite of `point`: negated otherwise, or an opposite in a word's place."""
    opposed = False
    for word, others in _OPPOSED.items():
        if word in point and word not in clause:
            for other in others:
                if other in clause and other not in point:
                    opposed = True
                    clause, point = clause.replace(other, ""), point.replace(word, "")
    return (negations(clause) % 2 != negations(point) % 2) != opposed
