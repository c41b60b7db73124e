"""One question as the report shows it: a row of the table, an entry of the notebook."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.artefacts.diagnosis import Cause, Diagnosis
from contracts.artefacts.paper import KnowledgePoint
from contracts.notation.inline import STYLES, Style, Text, inline, plain
from contracts.notation.labels import labels_of
from contracts.notation.parts import blanks_of, lines_of
from contracts.notation.ticks import ticked, truth_sign
from contracts.result import Result, ResultQuestion
from contracts.taxonomy import taxonomy
from services.report.core.crops import Crop, needs_crop
from services.report.core.names import points, short
from services.report.core.summary import View
from services.report.core.words import Words

_LONGEST_ANSWER, _LONGEST_FULL = 56, 400
_LONGEST_STEM = 240
_LONGEST_POINT, _ROOM_FOR_NAMES = 36, 44  # characters of one knowledge point, of all in a row of the table
_PAPER_WIDTH, _TALLEST_SHOWN = 840, 420  # CSS pixels
_REDO_LINES = {"single_choice": 1, "multiple_choice": 1, "true_false": 1, "fill_blank": 1, "calculation": 4, "essay": 5}
_PROSE = {"short_answer", "essay"}
_CLEAR = 0.9  # confidence of a reading under which a teacher is told so


@dataclass(frozen=True)
class Teller:
    """How the questions of one exam are put into words."""

    words: Words
    style: Style
    causes: Mapping[tuple[str, ...], Cause]
    """By the question's path."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Of knowledge points, by code, in the report's language; others keep their own."""
    labels: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """What sentences call questions, by path; others by their number."""

    @classmethod
    def of(cls, result: Result, diagnosis: Diagnosis, words: Words) -> "Teller":
        causes = {q.path: cause for q in result.questions for cause in diagnosis.causes if _is_of(cause, q)}
        labels = dict(zip((q.path for q in result.questions), labels_of(result.questions), strict=True))
        return cls(words, STYLES.get(result.subject, "words"), causes, _names(result, words), labels)

    def name(self, point: KnowledgePoint) -> str:
        """What the report calls a knowledge point."""
        return self.names.get(point.code, point.name)

    def label(self, question: ResultQuestion) -> str:
        """What the report calls a question."""
        return self.words.question(short(self.labels.get(question.path, question.number), 10))

    def text(self, text: str) -> Text:
        """With its formulas set."""
        return inline(text, lang=self.words.lang, style=self.style)

    def plain(self, text: str) -> Text:
        return plain(text, lang=self.words.lang)

    def row(self, question: ResultQuestion) -> View:
        """A row of the table."""
        ungraded = question.verdict == "ungraded"
        names = [self.name(p) for p in question.knowledge_points[:2]]
        if sum(map(len, names)) > _ROOM_FOR_NAMES:
            names = names[:1]
        return {
            "id": f"q{id_of(question)}",
            "number": short(question.number, 10),
            "label": self.label(question),
            "type": self.words.types[question.type],
            "answer": self._answer(question, _LONGEST_ANSWER),
            "correct": self._written(question, question.correct_answer, _LONGEST_ANSWER),
            "verdict": question.verdict,
            "verdict_name": self.words.verdicts[question.verdict],
            "score": "—" if ungraded else points(question.score),
            "max": "" if question.max_score is None else f"/{points(question.max_score)}",
            "points": self.plain(self.words.listed.join(short(name, _LONGEST_POINT) for name in names) or "—"),
            "review": question.needs_review,
        }

    def entry(self, question: ResultQuestion, crops: Sequence[Crop]) -> View:
        """The question with everything that speaks for its grade."""
        stem = short(question.text, _LONGEST_STEM)
        by = question.graded_by if question.verdict != "ungraded" and question.graded_by != "key" else None
        return self.row(question) | {
            "answer": self._answer(question, _LONGEST_FULL),
            "correct": self._written(question, question.correct_answer, _LONGEST_FULL)
            if question.correct_answer
            else [],
            "images": [_image(crop) for crop in crops],
            "alt": self._alt(question, stem),
            "stem": [] if crops else self.text(stem),
            "cause": self._cause(question),
            "feedback": self.text(short(question.feedback or "", 400)),
            "graded_by": self.words.graded_by[by] if by else "",
            "criteria": [self._criterion(question, at) for at in range(len(question.criteria))],
            "origin": self.words.label["by_model"] if question.origin == "model" else "",
            "why": self.words.ended.join(why(question, self.words)) if question.needs_review else "",
            "redo": _REDO_LINES.get(question.type, 3) if question.verdict in {"wrong", "partial", "blank"} else 0,
        }

    def _cause(self, question: ResultQuestion) -> Text:
        """What went wrong, with the words that show it."""
        cause = self.causes.get(question.path)
        if question.error_cause or cause is None:
            return self.text(short(question.error_cause or "", 120))
        return self.text(short(cause.text, 160))

    def _alt(self, question: ResultQuestion, stem: str) -> str:
        label = self.label(question)
        spoken = "".join(node.get("alt") or node["t"] for node in self.text(stem))
        say = self.words.say["crop_of" if spoken else "crop"]
        return say.format(question=label, stem=spoken)

    def _criterion(self, question: ResultQuestion, at: int) -> View:
        one = question.criteria[at]
        quotes = self.words.ended.join(f"“{short(quote, 60)}”" for quote in one.evidence[:2])
        return {
            "name": self.text(short(one.criterion, 120)),
            "points": f"{points(one.points)}/{points(one.max_points)}",
            "full": one.points >= one.max_points,
            "none": one.points <= 0,
            "because": self.text(
                self.words.ended.join(part for part in (quotes, short(one.reason or "", 160)) if part)
            ),
        }

    def _answer(self, question: ResultQuestion, limit: int) -> Text:
        text = question.student_answer
        if text is None:
            return [{"t": self.words.say["unread"]}]
        if not text.strip():
            return [{"t": self.words.say["empty"] if question.verdict in {"blank", "ungraded"} else "—"}]
        return self._written(question, text, limit)

    def _written(self, question: ResultQuestion, text: str | None, limit: int) -> Text:
        """Lines and blanks side by side; cut when longer than `limit`."""
        if not text:
            return [{"t": "—"}]
        if question.type == "true_false":
            text = truth_sign(text) or text
        end = self.words.ended
        lines = (" " if question.type in _PROSE else end).join(lines_of(text))
        blanks = blanks_of(lines)
        if len(blanks) > 1:
            lines = end.join(part.strip() or self.words.say["empty"] for part in blanks)
        lines = " ".join(lines.split())
        # Cutting inside a formula would leave half a command, so a long one loses its markup.
        return self.text(lines) if len(lines) <= limit else self.plain(ticked(short(lines, limit)))


def _is_of(cause: Cause, question: ResultQuestion) -> bool:
    """By path, for two sections may number alike; older diagnoses have only the number."""
    return cause.path == question.path if cause.path else cause.number == question.number


def _names(result: Result, words: Words) -> dict[str, str]:
    """English names: those that ship, and those that the diagnosis uses, a school's own among them."""
    if words.lang != "en":
        return {}
    shipped = {point.code: point.name_en for point in taxonomy(result.subject).points if point.name_en}
    return {point.code: point.name for point in result.diagnosis.mastery} | shipped


def why(question: ResultQuestion, words: Words) -> list[str]:
    """Why a teacher is asked to look, from what the result says."""
    say = words.say
    if question.student_answer is None:
        return [say["why_missing" if question.missing else "why_unread"]]
    found = []
    if question.answer_confidence < _CLEAR:
        found.append(say["why_unsure"].format(percent=min(round(question.answer_confidence * 100), 89)))
    if question.verdict == "ungraded":
        person = question.correct_answer or question.criteria or question.essay is not None
        found.append(say["why_person" if person else "why_no_key"])
    return found or [say["why_grade"]]


def id_of(question: ResultQuestion) -> str:
    """A name for links inside the page: letters and digits of the path, as code points."""
    return "-".join(
        "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}" for c in part) for part in question.path
    )


def _image(crop: Crop) -> View:
    """`shown`: width and height in CSS pixels, about as large as on paper."""
    scale = min(crop.span * _PAPER_WIDTH / crop.width, _TALLEST_SHOWN / crop.height, 1.0)
    return {
        "uri": f"data:image/jpeg;base64,{base64.b64encode(crop.jpeg).decode()}",
        "width": crop.width,
        "height": crop.height,
        "span": round(crop.span, 4),
        "shown": [round(crop.width * scale), round(crop.height * scale)],
    }


def without_picture(
    shown: Sequence[tuple[int, ResultQuestion]], crops: Mapping[int, Sequence[Crop]], words: Words
) -> str:
    """Which questions have no picture though they should, once there are pictures at all."""
    labels = labels_of([question for _, question in shown])
    missing = [label for (index, q), label in zip(shown, labels, strict=True) if index not in crops and needs_crop(q)]
    return words.say["left_out"].format(questions=words.cite(missing)) if missing and crops else ""
