"""What a teacher writes into a template is what a paper is graded by, from the spreadsheet to the verdict."""

from dataclasses import replace

from contracts.artefacts import SubjectRules, Submission, TemplateRef
from services.analyzer.core import analyze
from services.gateway.core.form import Filling, parse_form
from services.gateway.templates.document import answer_key
from services.gateway.templates.sheet import read
from tests.unit.analyzer.analyzer_build import bubbles, paper, question, reading

SHEET = "题号,题型,答案,分值,漏选得分\n1,单选题,B,3,\n2,多选题,ACD,6,2\n3,多选题,AB,4,\n".encode("gb18030")
CARD = reading(cards=[
    *bubbles([0.1, 0.9, 0.1, 0.1], 0),
    *bubbles([0.9, 0.1, 0.9, 0.1], 1, y=200),
    *bubbles([0.9, 0.1, 0.1, 0.1], 2, y=300),
])  # fmt: skip
PAPER = paper(
    question("single_choice", "1", groups=[0]),
    question("single_choice", "2", groups=[1]),
    question("single_choice", "3", groups=[2]),
)


def submitted(rules: SubjectRules) -> Submission:
    form = parse_form({"subject": "math", "grade": "7", "template_id": "tpl_1"})
    document = read(SHEET, {"name": "n", "subject": "math"}).document
    filling = Filling(TemplateRef(id="tpl_1", version=1), answer_key(document), document.title)
    stored = replace(form, filling=filling, rules=rules).submission(())
    return Submission.model_validate_json(stored.model_dump_json())


def test_a_sheets_key_types_points_and_partial_credit_decide_the_verdicts() -> None:
    for rules, third in ((SubjectRules(), ("partial", 2.0)), (SubjectRules(partial_choice=0), ("wrong", 0.0))):
        answers = analyze(submitted(rules), CARD, PAPER).answers
        assert [(a.student_answer, a.verdict, a.score) for a in answers] == [
            ("B", "correct", 3.0), ("AC", "partial", 2.0), ("A", *third),
        ]  # fmt: skip
