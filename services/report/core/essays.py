"""An essay as the report shows it: the text with its mistakes marked, its dimensions, what to improve."""

from collections.abc import Mapping, Sequence

from contracts.artefacts.analysis import CriterionScore
from contracts.artefacts.essay import EssayReview, Measures, Mistake
from contracts.result import ResultQuestion
from services.report.core.crops import Crop
from services.report.core.entries import Teller
from services.report.core.names import points, short
from services.report.core.summary import View
from services.report.core.words.essays import DIMENSIONS, KINDS, LABELS, SAYINGS

_LONGEST_TASK = 400
_LONGEST_SAID = 200


def essays_of(
    shown: Sequence[tuple[int, ResultQuestion]], crops: Mapping[int, Sequence[Crop]], teller: Teller
) -> list[View]:
    """Every question with an essay's review, in the paper's order."""
    return [
        _essay(question, question.essay, crops.get(index, ()), teller)
        for index, question in shown
        if question.essay is not None
    ]


def _essay(question: ResultQuestion, review: EssayReview, crops: Sequence[Crop], teller: Teller) -> View:
    lang = teller.words.lang
    text = question.student_answer or ""
    corrected = review.corrected
    return teller.entry(question, crops) | {
        "task": teller.plain(short(question.text, _LONGEST_TASK)),
        "tag": "zh-CN" if review.language == "zh" else "en",
        "measures": teller.words.listed.join(_measures(review.measures, SAYINGS[lang])),
        "dimensions": [_dimension(each, teller) for each in question.criteria],
        "text": _paragraphs(text, review.mistakes, joined=review.measures.approximate, english=review.language == "en"),
        "mistakes": [_mistake(each, number, teller) for number, each in enumerate(review.mistakes, 1)],
        "left_out": SAYINGS[lang]["left_out"].format(count=review.left_out) if review.left_out else "",
        "corrected": [line for line in corrected.split("\n") if line.strip()] if corrected is not None else [],
        "improve": [
            {
                "text": teller.plain(short(each.text, _LONGEST_SAID)),
                "quotes": [SAYINGS[lang]["quoted"].format(text=short(quote, 80)) for quote in each.evidence],
            }
            for each in review.suggestions
        ],
        "words": dict(LABELS[lang]),
    }


def _counted(say: Mapping[str, str], unit: str, count: int) -> str:
    """A length with its unit: 1 word, 2 words."""
    return say[f"{unit}_one" if count == 1 else unit].format(count=count)


def _measures(measures: Measures, say: Mapping[str, str]) -> list[str]:
    about = "about_" if measures.approximate else ""
    length = _counted(say, about + measures.unit, measures.length)
    asked = {(True, True): "asked_both", (True, False): "asked_least", (False, True): "asked_most"}
    if kind := asked.get((measures.least is not None, measures.most is not None)):
        length += say[kind].format(least=measures.least, most=measures.most)
    said = [length]
    if measures.paragraphs is not None:
        said.append(say["paragraphs"].format(count=measures.paragraphs))
    longest = _counted(say, measures.unit, measures.longest_sentence)
    return [*said, say["sentences"].format(count=measures.sentences), say["longest"].format(count=longest)]


def _dimension(criterion: CriterionScore, teller: Teller) -> View:
    name = DIMENSIONS[teller.words.lang].get(criterion.dimension) if criterion.dimension else None
    return {
        "name": teller.plain(name or short(criterion.criterion, 120)),
        "points": f"{points(criterion.points)}/{points(criterion.max_points)}",
        "share": criterion.points / criterion.max_points if criterion.max_points else 0.0,
        "why": teller.plain(short(criterion.reason or "", _LONGEST_SAID)),
        "quotes": [
            SAYINGS[teller.words.lang]["quoted"].format(text=short(quote, 60)) for quote in criterion.evidence[:2]
        ],
    }


def _mistake(mistake: Mistake, number: int, teller: Teller) -> View:
    say = SAYINGS[teller.words.lang]
    better = say["nothing"] if mistake.correction is None else mistake.correction.strip() or say["deleted"]
    return {
        "n": number,
        "quote": _visible(mistake.quote),
        "better": _visible(better),
        "kind": KINDS[teller.words.lang][mistake.kind],
        "why": teller.plain(short(mistake.explanation or "", 120)),
    }


def _visible(text: str) -> str:
    """Blanks at the edge of a quote are what it is about: ␣ stands for them."""
    inner = text.strip()
    if not inner:
        return "␣" * len(text)
    start, end = len(text) - len(text.lstrip()), len(text) - len(text.rstrip())
    return short("␣" * start + inner + "␣" * end, 80)


def _paragraphs(text: str, mistakes: Sequence[Mistake], *, joined: bool, english: bool) -> list[list[View]]:
    """Paragraphs of runs `{"t"}`, marked ones with their number `{"t", "n"}`; the number stands where the mistake ends.

    `joined`: lines are rows of handwriting, which say nothing of paragraphs.
    """
    paragraphs: list[list[View]] = [[]]
    at = 0
    for number, each in enumerate(mistakes, 1):
        _add(paragraphs, text[at : each.start], None, joined=joined, english=english)
        _add(paragraphs, text[each.start : each.end], number, joined=joined, english=english)
        at = each.end
    _add(paragraphs, text[at:], None, joined=joined, english=english)
    return [each for each in paragraphs if any(run["t"].strip() for run in each)]


def _add(paragraphs: list[list[View]], text: str, number: int | None, *, joined: bool, english: bool) -> None:
    lines = [text.replace("\n", " " if english else "")] if joined else text.split("\n")
    for place, line in enumerate(lines):
        if place:
            paragraphs.append([])
        last = place == len(lines) - 1
        if line or (number is not None and last):
            paragraphs[-1].append({"t": line, "n": (number if last else 0) if number is not None else None})
