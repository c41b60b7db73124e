"""Which questions a model is asked to grade, and with what words."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.artefacts.analysis import Analysis, Answer
from contracts.artefacts.paper import Paper, Question, QuestionType
from contracts.artefacts.submission import KeyItem, SubjectRules, Submission
from runtime.llm.wire import Ask, Part
from services.analyzer.core.accepted import grade_under
from services.analyzer.core.keys import key_text, match_key
from services.analyzer.essay.replies import EssayReply
from services.analyzer.rubric.criteria import Criterion, criteria_of, with_decoy
from services.analyzer.rubric.evidence import stands_in
from services.analyzer.rubric.prompts import ESSAY, RUBRIC, prompt
from services.analyzer.rubric.replies import RubricReply
from services.analyzer.rubric.suspicion import cleaned

Path = tuple[str, ...]
_JUDGED: frozenset[QuestionType] = frozenset({"calculation", "short_answer", "essay"})
_MOST = 8000
"""Characters of an answer or a stem that are sent; longer ones are for a teacher."""
_FEWEST_DIGITS = 4
"""Of a pupil's number that tells who it is."""
_TOKENS, _TOKENS_EACH, _TOKENS_OF_MISTAKES = 500, 160, 3000


@dataclass(frozen=True)
class Case:
    """One answer to be graded. `text`: of it, what is sent; `suspicious`: there was more, which speaks to graders."""

    answer: Answer
    text: str
    criteria: tuple[Criterion, ...]
    ask: Ask[RubricReply]
    suspicious: bool


def cases(submission: Submission, paper: Paper, analysis: Analysis) -> Iterator[Case]:
    """The answers that a model can say more of than the local engine.

    Written ones, with a reference answer or a rubric; not what a teacher graded, in red ink or as a correction, and not
    what the key settles: the very words, or the conclusion of a calculation without a rubric.
    """
    keys = match_key(paper.questions, submission.answer_key)
    questions = {question.path: question for question in paper.questions}
    parents = {question.path[:-1] for question in paper.questions}
    paths = Counter(answer.path for answer in analysis.answers)
    for answer in analysis.answers:
        question, item = questions.get(answer.path), _key(keys.get(answer.path), answer)
        if question is None or answer.path in parents or paths[answer.path] > 1:
            continue
        if not _open(answer, item, question, submission.rules):
            continue
        case = _case(submission, paper, question, item, answer)
        if case is not None:
            yield case


def _key(item: KeyItem | None, answer: Answer) -> KeyItem | None:
    """The entry of the key, its answer as a teacher corrected it."""
    if answer.correct_answer is None or answer.correct_answer == key_text(item):
        return item
    return (item or KeyItem(number=answer.number)).model_copy(update={"answer": answer.correct_answer, "accepted": ()})


def _kind(question: Question, item: KeyItem | None) -> QuestionType:
    return item.type if item is not None and item.type is not None else question.type


def _open(answer: Answer, item: KeyItem | None, question: Question, rules: SubjectRules) -> bool:
    kind = _kind(question, item)
    if kind not in _JUDGED or answer.graded_by in {"marks", "teacher"}:
        return False
    if not (answer.student_answer or "").strip() or len(answer.student_answer or "") > _MOST:
        return False
    if item is not None and item.rubric:
        return True
    local = grade_under(item, answer.student_answer, kind, rules)
    settled = local.verdict == "correct" and (local.sure or kind == "calculation")
    return not settled


def _case(
    submission: Submission, paper: Paper, question: Question, item: KeyItem | None, answer: Answer
) -> Case | None:
    kind, language = _kind(question, item), "en" if submission.subject == "english" else "zh"
    wanted = criteria_of(item, kind, answer.max_score, language)
    written = cleaned(nameless(answer.student_answer or "", submission, paper))
    if not wanted or (not written.text.strip() and not written.suspicious):
        return None
    printed = cleaned(nameless(question.text, submission, paper)[:_MOST])
    reference = key_text(item) or ""
    context = "\n".join([question.text, reference, written.text, *(text for text, _ in wanted)])
    criteria = with_decoy(wanted, context)
    about = f"subject: {submission.subject}; grade: {submission.grade}; language of the reply: {_language(submission)}"
    about += _counted(answer)
    rubric = "\n".join(f"{c.id} | {c.points:g} points | {_one_line(c.text)}" for c in criteria)
    parts = [Part("exam", about), Part("rubric", rubric), Part("question", printed.text)]
    if reference:
        parts.append(Part("reference answer", reference))
    parts.append(Part("student's answer", written.text))
    suspicious = written.suspicious or printed.suspicious
    return Case(answer, written.text, criteria, _ask(kind, tuple(parts), criteria, written.text), suspicious)


def _ask(kind: QuestionType, parts: tuple[Part, ...], criteria: tuple[Criterion, ...], text: str) -> Ask[RubricReply]:
    def check(reply: RubricReply) -> list[str]:
        return flaws(reply, criteria, text)

    tokens = _TOKENS + _TOKENS_EACH * len(criteria)
    if kind == "essay":
        return Ask(prompt(*ESSAY), parts, EssayReply, check, max_tokens=tokens + _TOKENS_OF_MISTAKES)
    return Ask(prompt(*RUBRIC), parts, RubricReply, check, max_tokens=tokens)


def _counted(answer: Answer) -> str:
    """What code knows of an essay and a model would guess."""
    if answer.essay is None:
        return ""
    measures = answer.essay.measures
    asked = ", ".join(
        f"{word} {n}" for word, n in (("at least", measures.least), ("at most", measures.most)) if n is not None
    )
    source = "read from handwriting by a machine, about" if measures.approximate else "typed,"
    return f"; essay: {source} {measures.length} {measures.unit}" + (f", asked for: {asked}" if asked else "")


def flaws(reply: RubricReply, criteria: tuple[Criterion, ...], text: str) -> list[str]:
    """What of a reply must be mended before it can count. Points for the decoy are no flaw: nobody is told of it."""
    known = {c.id: c for c in criteria}
    given = [c.id for c in reply.criteria]
    wrong = []
    if sorted(given) != sorted(known):
        wrong.append("criteria: every id of the rubric must appear exactly once, and no other")
    for said in reply.criteria:
        criterion = known.get(said.id)
        if criterion is None or criterion.decoy:
            continue
        if said.points > criterion.points + 1e-9:
            wrong.append(f"{criterion.id}: points must be between 0 and {criterion.points:g}")
        if said.points > 0 and not said.evidence:
            wrong.append(f"{criterion.id}: points need evidence, or must be 0")
        elif said.points > 0 and not all(stands_in(quote, text) for quote in said.evidence):
            wrong.append(f"{criterion.id}: evidence must be copied word for word from the student's answer")
    return wrong


def nameless(text: str, submission: Submission, paper: Paper) -> str:
    """Without the pupil's name, number and class, should they stand in an answer or a stem.

    A number of few digits is nobody's: 12 may be the answer. Nor is a name a part of a word: An of Another.
    """
    header = paper.header
    for private in (header.name, header.number, header.class_, submission.student_id):
        said = (private or "").strip()
        if len(said) > 1 and not (said.isdecimal() and len(said) < _FEWEST_DIGITS):
            text = re.sub(
                rf"(?<![A-Za-z0-9]){re.escape(said)}(?![A-Za-z0-9])" if said.isascii() else re.escape(said),
                "＊＊",
                text,
            )
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _language(submission: Submission) -> str:
    return "English" if submission.locale.lower().startswith("en") else "Chinese"
