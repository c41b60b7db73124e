"""What the stages before the analyzer would have made of an essay, had it come on paper. Pure."""

from contracts.artefacts import Header, KnowledgePoint, Paper, Question, Reading
from contracts.artefacts.submission import Subject, Submission
from contracts.taxonomy import taxonomy
from contracts.topics import STAGE, STAGES

BEGINS_AT = "analyzer"
"""The first stage that has anything to do for an essay."""
AFTER = STAGES[STAGES.index(STAGE[BEGINS_AT]) - 1]
"""The stage whose artefact it begins with."""
NUMBER = "1"
_POINTS: dict[Subject, str] = {"chinese": "chinese.11", "english": "english.12"}


def reading_of() -> Reading:
    """No page, no line: the text is the student's, character by character."""
    return Reading(pages=(), engine="typed")


def paper_of(submission: Submission) -> Paper:
    """One essay question, with what the task says of it."""
    task, key = submission.essay, submission.answer_key
    said = [part for part in (task.prompt, task.requirements) if part] if task else []
    maximum = key.questions[0].max_score if key and key.questions else None
    question = Question(
        number=NUMBER,
        path=(NUMBER,),
        type="essay",
        text="\n".join(said),
        max_score=maximum,
        knowledge_points=_points(submission.subject),
    )
    return Paper(header=Header(title=submission.title), questions=(question,), kind="essay", total_score=maximum)


def _points(subject: Subject) -> tuple[KnowledgePoint, ...]:
    code = _POINTS.get(subject)
    return tuple(
        KnowledgePoint(code=point.code, name=point.name, confidence=1.0)
        for point in taxonomy(subject).points
        if point.code == code
    )
