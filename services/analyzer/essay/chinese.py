"""Mistakes of a Chinese text that no reading of it can excuse: punctuation (GB/T 15834), and what is no word anywhere.

Only words that can't come about where two others meet (轻松驰骋 has 松驰 in it, which is no mistake there).
"""

import re
from collections.abc import Iterator

from services.analyzer.essay.found import Flaw

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_NARROW = re.compile(
    rf"(?<=[{_HAN}”’》）])([,;:!?])(?=\s*(?:[{_HAN}“‘《（]|$|\n))|(?<=[{_HAN}”’》）])(\.)(?=\s*(?:[{_HAN}“‘《（]|$))"
)
_WIDE = {",": "，", ";": "；", ":": "：", "!": "！", "?": "？", ".": "。"}
_STOPS = re.compile(
    r"。{2,}|，{2,}|、{2,}|；{2,}|(?<=[\u4e00-\u9fff])\.{3,}|(?<!…)…(?!…)|(?<=[\u4e00-\u9fff])-{2}(?=[\u4e00-\u9fff“])"
)
_CLASH = re.compile(r"[，、；][。！？]|[。！？][，、；。]|[，；]、|、[，；]")
_PAIRS = {"《": "》", "（": "）", "「": "」", "『": "』"}
_WRONG = {
    "按步就班": "按部就班", "甘败下风": "甘拜下风", "一股作气": "一鼓作气", "迫不急待": "迫不及待", "再接再励": "再接再厉",
    "穿流不息": "川流不息", "默守成规": "墨守成规", "墨守陈规": "墨守成规", "走头无路": "走投无路", "谈笑风声": "谈笑风生",
    "不径而走": "不胫而走", "不胫而飞": "不翼而飞", "世外桃园": "世外桃源", "出奇不意": "出其不意", "悬梁刺骨": "悬梁刺股",
    "一诺千斤": "一诺千金", "人情事故": "人情世故", "重蹈复辙": "重蹈覆辙", "一如继往": "一如既往", "鼎立相助": "鼎力相助",
    "滥芋充数": "滥竽充数", "烂竽充数": "滥竽充数", "变本加利": "变本加厉", "草管人命": "草菅人命", "饮鸠止渴": "饮鸩止渴",
    "披星带月": "披星戴月", "汗流夹背": "汗流浃背", "名列前矛": "名列前茅", "提心掉胆": "提心吊胆",
    "兴高彩烈": "兴高采烈", "无精打彩": "无精打采", "丰功伟迹": "丰功伟绩", "莫明其妙": "莫名其妙",
    "轻歌漫舞": "轻歌曼舞", "相辅相承": "相辅相成", "不记其数": "不计其数", "天翻地复": "天翻地覆",
    "黄梁美梦": "黄粱美梦", "声名雀起": "声名鹊起", "苦心孤旨": "苦心孤诣", "旁证博引": "旁征博引",
    "破斧沉舟": "破釜沉舟", "金榜提名": "金榜题名", "前扑后继": "前仆后继", "死心踏地": "死心塌地",
    "委屈求全": "委曲求全", "原形必露": "原形毕露", "震憾": "震撼",
    "浮燥": "浮躁",
    "遗撼": "遗憾", "沉缅": "沉湎",
}  # fmt: skip


def flaws(text: str) -> Iterator[Flaw]:
    """All of them, in no order; they may overlap."""
    yield from _signs(text)
    yield from _unpaired(text)
    for found in _MISWRITTEN.finditer(text):
        yield Flaw(found.start(), found.end(), "spelling", _WRONG[found[0]], "miswritten")


def _signs(text: str) -> Iterator[Flaw]:
    for found in _NARROW.finditer(text):
        yield Flaw(found.start(), found.end(), "punctuation", _WIDE[found[0]], "narrow")
    for found in _STOPS.finditer(text):
        run = found[0]
        right = "……" if run[0] in ".…" or (run[0] == "。" and len(run) > 2) else "——" if run[0] == "-" else run[0]
        yield Flaw(found.start(), found.end(), "punctuation", right, "ellipsis" if right == "……" else "doubled_sign")
    for found in _CLASH.finditer(text):
        stop = next((sign for sign in found[0] if sign in "。！？"), None)
        yield Flaw(found.start(), found.end(), "punctuation", stop, "clash")


def _unpaired(text: str) -> Iterator[Flaw]:
    for opening, closing in _PAIRS.items():
        open_at: list[int] = []
        for at, sign in enumerate(text):
            if sign == opening:
                open_at.append(at)
            elif sign == closing and open_at:
                open_at.pop()
            elif sign == closing and not text[at - 1 : at].isalnum():  # 1）and a）number the parts of a list
                yield Flaw(at, at + 1, "punctuation", None, "unpaired")
        for at in open_at:
            yield Flaw(at, at + 1, "punctuation", None, "unpaired")


_MISWRITTEN = re.compile("|".join(sorted(_WRONG, key=len, reverse=True)))
