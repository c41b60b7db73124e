"""The class report's words and how its figures are written."""

from services.gateway.classreport.core.document import Interval

SUBJECTS = {
    "math": "数学", "physics": "物理", "chemistry": "化学", "biology": "生物", "history": "历史", "geography": "地理",
    "politics": "道德与法治", "english": "英语", "chinese": "语文", "science": "科学", "ict": "信息科技",
}  # fmt: skip
GRADES = [
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
]
TYPES = {
    "single_choice": "单选", "multiple_choice": "多选", "true_false": "判断", "fill_blank": "填空",
    "short_answer": "简答", "calculation": "解答", "essay": "写作", "composite": "综合",
}  # fmt: skip
BAND_NAMES = {"excellent": "优秀", "good": "良好", "pass": "合格", "below": "待合格"}
FLAGS = {"miskey": "答案待查", "negative": "负区分", "weak": "区分低", "hard": "偏难", "easy": "偏易"}
LABELS = {"blank": "空白", "unread": "未识别", "other": "其他"}
DASH = "–"
_LONGEST = 60


def heat(share: float | None) -> dict[str, str]:
    """A cell: the less was earned, the redder; the figure stands in it, so that no colour has to be told."""
    if share is None:
        return {"text": DASH, "colour": "#ffffff"}
    lost = min(1.0, max(0.0, 1 - share))
    red, green, blue = (round(255 + (end - 255) * lost) for end in (201, 92, 80))
    return {"text": percent(share), "colour": f"#{red:02x}{green:02x}{blue:02x}"}


def percent(share: float | None) -> str:
    """Whole percent, a dash for none."""
    return DASH if share is None else f"{share * 100:.0f}%"


def decimal(value: float | None) -> str:
    """Two places, with a true minus sign."""
    if value is None:
        return DASH
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def span(interval: Interval | None) -> str:
    """An interval in percent, nothing for none."""
    return f"{percent(interval.low)} – {percent(interval.high)}" if interval else ""


def short(text: str) -> str:
    """Without control characters and direction overrides, which could garble the page or feign text."""
    plain = "".join(char for char in text if char.isprintable())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
