"""What the printed paper, its answer sheet and its key show: texts, and formulas as trees. Typst only sets it."""

from collections.abc import Callable
from typing import Any

from contracts.names import Language
from contracts.notation.inline import Style, Text, inline
from services.gateway.practice.core.item import BLANK, Item
from services.gateway.practice.core.paper import Practice, PracticeQuestion, PracticeSection
from services.gateway.practice.core.words import words

View = dict[str, Any]
_IN_A_ROW = 10
_ANSWERS: dict[str, Style] = {"math": "algebra", "physics": "algebra", "science": "algebra", "chemistry": "chemistry"}
_IN_TABLES = frozenset({"single_choice", "multiple_choice", "true_false"})
_WORKED = frozenset({"short_answer", "calculation"})
_SHORT_OPTION, _MIDDLING_OPTION = 9, 22
"""Characters up to which four or two options stand side by side."""


def paper_view(practice: Practice, reference: str = "") -> View:
    """Questions, and the answer sheet after them. `reference` stands on every page."""
    t = words(practice.language)
    return _head(practice, "about") | {
        "kind": "paper",
        "reference": reference,
        "sections": [_section(practice, section, _asked) for section in practice.sections],
        "sheet": [_section(practice, section, _place) for section in practice.sections],
        "fields": [t["name"], t["class"], t["number"]],
    }


def key_view(practice: Practice, reference: str = "") -> View:
    """Answers, what is accepted beside them, marking and solutions."""
    sources = sorted({" · ".join(filter(None, (q.item.source, q.item.license))) for q in practice.questions} - {""})
    t = words(practice.language)
    lacking = [
        t["lacking.point"].format(name=point.name, wanted=point.wanted, found=len(point.numbers))
        for point in practice.points
        if len(point.numbers) < point.wanted
    ]
    return _head(practice, "about.key") | {
        "kind": "key",
        "reference": reference,
        "sections": [_section(practice, section, _answered) for section in practice.sections],
        "sources": sources,
        "lacking": t["lacking"].format(points=t["separator"].join(lacking)) if lacking else "",
    }


def _head(practice: Practice, about: str) -> View:
    t = words(practice.language)
    figures = {"count": len(practice.questions), "points": f"{practice.total_score:g}"}
    return {
        "language": practice.language,
        "t": {name: text for name, text in t.items() if "{" not in text} | {"page": t["page"]},
        "title": practice.title,
        "about": t[about].format_map(figures),
        "points": [
            {
                "name": point.name,
                "reason": t[f"reason.{point.reason}"],
                "numbers": t["numbers"].format(numbers=t["separator"].join(point.numbers)),
            }
            for point in practice.points
            if point.numbers
        ],
    }


def _section(practice: Practice, section: PracticeSection, show: Callable[[PracticeQuestion, Practice], View]) -> View:
    own = [question for question in practice.questions if question.section == section.number]
    figures = {"count": len(own), "points": f"{sum(q.item.score for q in own):g}"}
    heading = words(practice.language)["section"].format(number=section.number, title=section.title, **figures)
    shown = [show(question, practice) for question in own]
    return {
        "heading": heading,
        "kind": section.type,
        "questions": shown,
        "rows": [shown[i : i + _IN_A_ROW] for i in range(0, len(shown), _IN_A_ROW)]
        if section.type in _IN_TABLES
        else [],
    }


def _asked(question: PracticeQuestion, practice: Practice) -> View:
    item, t = question.item, words(practice.language)
    options = [{"letter": letter, "text": _text(text, practice.language)} for letter, text in item.options.items()]
    return {
        "number": question.number,
        "points": t["points"].format(points=f"{item.score:g}") if item.type in _WORKED else "",
        "stem": _lines(item.stem, practice.language),
        "options": options,
        "columns": _columns(item),
        "model": t["model.paper"] if item.origin == "model" else "",
        "bracket": item.type not in _WORKED | {"fill_blank"} and not BLANK.search(item.stem),
    }


def _place(question: PracticeQuestion, practice: Practice) -> View:
    """Where the answer is written."""
    item, t = question.item, words(practice.language)
    return {
        "number": question.number,
        "points": t["points"].format(points=f"{item.score:g}"),
        "blanks": len(item.answer) if isinstance(item.answer, list) else 1,
        "height": 120 if item.score >= 8 else 90 if item.score >= 5 else 64,
    }


def _answered(question: PracticeQuestion, practice: Practice) -> View:
    item, t = question.item, words(practice.language)
    style = _ANSWERS.get(practice.subject, "words")
    parts = item.answer if isinstance(item.answer, list) else [item.answer]
    others = [inline(each.replace("|", "; "), lang=practice.language, style=style) for each in item.accepted]
    names = [each for each in practice.points if question.number in each.numbers]
    return {
        "number": question.number,
        "points": t["points"].format(points=f"{item.score:g}"),
        "answer": [inline(part, lang=practice.language, style=style) for part in parts],
        "accepted": others,
        "accepted_label": t["accepted"].partition("{")[0],
        "rubric": [
            {
                "text": _text(criterion.criterion, practice.language),
                "points": t["rubric.points"].format(points=f"{criterion.points:g}"),
            }
            for criterion in item.rubric
        ],
        "solution": _lines(item.solution, practice.language) if item.solution else [],
        "tests": t["tests"].format(points=t["separator"].join(each.name for each in names)),
        "model": t["model"] if item.origin == "model" else "",
    }


def _lines(text: str, language: Language) -> list[Text]:
    return [_text(line, language) for line in text.split("\n")]


def _text(text: str, language: Language) -> Text:
    """Formulas are between dollars; blanks are rules to write on."""
    nodes: Text = []
    at = 0
    for found in BLANK.finditer(text):
        nodes += [*inline(text[at : found.start()], lang=language, style="words"), {"blank": found[0][0] == "_"}]
        at = found.end()
    return [*nodes, *inline(text[at:], lang=language, style="words")]


def _columns(item: Item) -> int:
    """How many options stand side by side."""
    longest = max((_width(text) for text in item.options.values()), default=0)
    if longest <= _SHORT_OPTION and len(item.options) <= 4:
        return max(1, len(item.options))
    return 2 if longest <= _MIDDLING_OPTION else 1


def _width(text: str) -> float:
    """In Chinese characters, roughly; a fraction is as wide as its longer part, a command as a sign."""
    bare = text.replace("\\frac", "").replace("\\sqrt", "√").replace("$", "")
    return sum(1.0 if character >= "\u2e80" else 0.5 for character in bare if character not in "{}\\")
