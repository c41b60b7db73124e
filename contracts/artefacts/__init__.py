"""What stages store: one model per stage, at `tenant/exam/revision/stage.json`."""

from contracts.artefacts.analysis import Analysis, Answer, CriterionScore, Verdict
from contracts.artefacts.correction import Correction, Judgement
from contracts.artefacts.diagnosis import Diagnosis, Mastery, Suggestion
from contracts.artefacts.essay import EssayReview, EssayTask, Mistake
from contracts.artefacts.paper import Header, KnowledgePoint, Paper, Question, QuestionType, Region, Section
from contracts.artefacts.reading import Bubble, Line, Mark, Page, Quality, Reading, Rule, Spot
from contracts.artefacts.report import Report
from contracts.artefacts.submission import (
    AnswerKey,
    KeyItem,
    RubricItem,
    SubjectRules,
    Submission,
    TemplateRef,
    UploadedFile,
)

__all__ = [
    "Analysis", "Answer", "AnswerKey", "Bubble", "Correction", "CriterionScore", "Diagnosis", "EssayReview", "EssayTask",
    "Header", "Judgement", "KeyItem", "KnowledgePoint", "Line", "Mark", "Mastery", "Mistake", "Page", "Paper", "Quality",
    "Question", "QuestionType", "Reading", "Region", "Report", "RubricItem", "Rule", "Section", "Spot", "SubjectRules",
    "Submission", "Suggestion", "TemplateRef", "UploadedFile", "Verdict",
]  # fmt: skip
