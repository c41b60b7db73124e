"""Mastery of a point over the student's exams, as small charts."""

from collections.abc import Sequence

from contracts.result import Result, ResultMastery
from services.report.core.names import percent, short
from services.report.core.summary import View
from services.report.core.words import Words

_MOST = 6
_LONGEST_NAME = 18, 34


def trend_of(result: Result, words: Words) -> list[View]:
    """Points that earlier exams asked too, those that can be judged first, then the lowest.

    `x` and the estimates of a chart's dots are 0..1; the last dot is this exam.
    """
    known = [each for each in result.diagnosis.mastery if each.trend]
    return [_chart(each, words) for each in sorted(known, key=lambda m: (not m.sufficient, m.mastery, m.code))[:_MOST]]


def _chart(point: ResultMastery, words: Words) -> View:
    dots: list[View] = [
        {
            "x": place / len(point.trend),
            "mean": past.mastery,
            "low": past.low,
            "high": past.high,
            "thin": not past.sufficient,
        }
        for place, past in enumerate(point.trend)
    ]
    dots.append({"x": 1.0, "mean": point.mastery, "low": point.low, "high": point.high, "thin": not point.sufficient})
    days = [past.on.isoformat() for past in point.trend]
    change = percent(point.mastery) - percent(point.trend[-1].mastery)
    return {
        "name": short(point.name[:1].upper() + point.name[1:], _LONGEST_NAME[point.name.isascii()]),
        "dots": dots,
        "since": days[0],
        "now": words.label["this_exam"],
        "percent": percent(point.mastery),
        "change": words.say["change"].format(points=f"{change:+d}".replace("-", "−") if change else "±0"),
        "sufficient": point.sufficient,
        "said": words.listed.join(_said([*days, words.label["this_exam"]], dots)),
    }


def _said(days: Sequence[str], dots: Sequence[View]) -> list[str]:
    """What the chart shows, in words."""
    return [
        f"{day} {percent(dot['mean'])} ({percent(dot['low'])}–{percent(dot['high'])})"
        for day, dot in zip(days, dots, strict=True)
    ]
