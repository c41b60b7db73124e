"""What a diagnosis says and what it must never say."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.artefacts import Analysis, Paper, Submission
from contracts.artefacts.analysis import Answer
from contracts.artefacts.paper import KnowledgePoint, Question
from services.diagnostic.core import diagnose
from services.diagnostic.core.causes import cause_of
from services.diagnostic.core.evidence import items_of
from services.diagnostic.core.wording import percent
from services.diagnostic.core.words import CHINESE

cite = CHINESE.cite

SUBMISSION = Submission(subject="math", grade=7, files=())
SCORES = {"correct": 3.0, "partial": 1.0, "wrong": 0.0, "blank": 0.0, "ungraded": None}


def point(name, confidence=0.9):
    return KnowledgePoint(code=f"k.{name}", name=name, confidence=confidence)


def exam(*rows, path=None):
    """Rows of (number, verdict, knowledge point or None, fields of Question and Answer)."""
    questions, answers = [], []
    for number, verdict, name, *rest in rows:
        fields = dict(rest[0]) if rest else {}
        where = fields.pop("path", None) or (path or ()) + (number,)
        kind = fields.pop("type", "fill_blank")
        fields.setdefault("score", SCORES[verdict])
        fields.setdefault("answer_confidence", 0.9)
        questions.append(
            Question(number=number, path=where, type=kind, knowledge_points=(point(name),) if name else ())
        )
        answers.append(Answer(number=number, path=where, verdict=verdict, max_score=3.0, **fields))
    graded = [a for a in answers if a.verdict != "ungraded"]
    return Paper(header={}, questions=tuple(questions)), Analysis(
        answers=tuple(answers),
        earned=sum(a.score or 0 for a in graded) if graded else None,
        max=3.0 * len(graded) if graded else None,
        graded=len(graded),
    )


def diagnosis_of(*rows):
    return diagnose(SUBMISSION, *exam(*rows))


def cited(text):
    """Every question number a Chinese sentence cites, ranges spelled out."""
    numbers = []
    for group in re.findall(r"第([0-9()–、·一二三四]+)题", text):
        for part in group.split("、"):
            first, _, last = part.partition("–")
            numbers += [str(n) for n in range(int(first), int(last) + 1)] if last else [part]
    return numbers


verdicts = st.sampled_from(sorted(SCORES))
points = st.sampled_from([None, "同类项", "一元一次方程", "数轴"])
papers = st.lists(st.tuples(verdicts, points, st.booleans()), min_size=1, max_size=25)


@settings(deadline=None, max_examples=80)
@given(papers)
def test_every_sentence_cites_numbers_of_this_paper(rows):
    numbered = [(str(i + 1), v, p, {"needs_review": review}) for i, (v, p, review) in enumerate(rows)]
    found = diagnosis_of(*numbered)
    known = {number for number, *_ in numbered}
    sentences = [s for s in found.summary.split("。") if s]
    sentences += [*found.weak_points, *found.strengths, *(s.text for s in found.suggestions)]
    assert sentences
    for sentence in sentences:
        assert cited(sentence), sentence
        assert set(cited(sentence)) <= known, sentence
    for suggestion in found.suggestions:
        assert suggestion.evidence
        assert set(suggestion.evidence) <= known
    for row in found.mastery:
        assert set(row.evidence) <= known


@settings(deadline=None, max_examples=40)
@given(papers)
def test_the_same_paper_gives_the_same_words(rows):
    numbered = [(str(i + 1), v, p) for i, (v, p, _) in enumerate(rows)]
    assert diagnosis_of(*numbered) == diagnosis_of(*numbered)


@settings(deadline=None, max_examples=40)
@given(papers, st.data())
def test_a_question_graded_right_instead_of_wrong_never_lowers_a_mastery(rows, data):
    numbered = [(str(i + 1), v, p) for i, (v, p, _) in enumerate(rows)]
    index = data.draw(st.integers(0, len(numbered) - 1))
    number, _, name = numbered[index]
    wrong = diagnosis_of(*numbered[:index], (number, "wrong", name), *numbered[index + 1 :])
    right = diagnosis_of(*numbered[:index], (number, "correct", name), *numbered[index + 1 :])
    before = {row.code: row.mastery for row in wrong.mastery}
    for row in right.mastery:
        assert row.mastery >= before[row.code] - 1e-4


def test_ungraded_questions_are_left_out_of_mastery_and_named():
    found = diagnosis_of(("1", "correct", "数轴"), ("2", "ungraded", "数轴"), ("3", "ungraded", "同类项"))
    assert [row.evidence for row in found.mastery if row.code == "k.数轴"] == [("1",)]
    assert not any(row.code == "k.同类项" for row in found.mastery)
    assert "第2、3题没有判分" in found.summary


def test_points_asked_once_or_twice_are_never_called_weak_or_strong():
    found = diagnosis_of(("1", "wrong", "数轴"), ("2", "wrong", "数轴"), ("3", "correct", "同类项"))
    assert [row.sufficient for row in found.mastery if row.code.startswith("k.")] == [False, False]
    assert not any("同类项" in text for text in found.strengths)
    assert all("证据不足" in text for text in found.weak_points if "数轴" in text)
    assert any("证据不足" in s.text for s in found.suggestions)


def test_a_point_lost_again_and_again_is_weak_and_one_always_right_is_strong():
    rows = [(str(i), "wrong", "数轴") for i in range(1, 7)] + [(str(i), "correct", "同类项") for i in range(7, 15)]
    found = diagnosis_of(*rows)
    assert found.weak_points[0].startswith("数轴（第1–6题")
    assert found.strengths[0].startswith("同类项（第7–14题")


def test_without_knowledge_points_the_question_types_stand_in():
    rows = [(str(i), "wrong" if i < 4 else "correct", None, {"type": "true_false"}) for i in range(1, 8)]
    found = diagnosis_of(*rows)
    assert [row.code for row in found.mastery] == ["type.true_false"]
    assert found.mastery[0].sufficient


def test_a_question_type_is_no_weakness_and_lost_points_without_a_point_are_named_so():
    one = diagnosis_of(("1", "wrong", "数轴"), ("2", "wrong", None, {"type": "fill_blank"}), ("3", "correct", "数轴"))
    many = diagnosis_of(*[(str(i), "wrong", None, {"type": "fill_blank"}) for i in range(1, 9)])
    right = diagnosis_of(*[(str(i), "correct", None, {"type": "fill_blank"}) for i in range(1, 30)])
    assert [text.split("（")[0] for text in one.weak_points] == ["数轴"]
    assert many.weak_points == right.strengths == ()
    assert any(s.text.startswith("「未识别知识点的填空题」（第2题，失") for s in one.suggestions)
    assert not any("填空题" in s.text and "证据不足" in s.text for s in (*one.suggestions, *many.suggestions))


def test_one_point_and_one_question_are_singular_in_english():
    row = ("1", "partial", "数轴", {"score": 2.0})
    found = diagnose(SUBMISSION.model_copy(update={"locale": "en"}), *exam(row, ("2", "correct", "数轴")))
    assert "1 point lost" in found.suggestions[0].text


def test_questions_without_a_point_still_tell_how_the_student_does():
    def mastery(verdict):
        rows = [("1", "correct", "数轴"), *[(str(i), verdict, None) for i in range(2, 10)]]
        return next(row.mastery for row in diagnosis_of(*rows).mastery if row.code == "k.数轴")

    assert mastery("correct") > mastery("wrong")


def test_nothing_graded_claims_nothing():
    found = diagnosis_of(("1", "ungraded", "数轴"), ("2", "ungraded", None))
    assert found.mastery == ()
    assert found.weak_points == found.strengths == ()
    assert "无法判断对错" in found.summary


def test_no_question_at_all_is_said_so():
    found = diagnose(SUBMISSION, Paper(header={}), Analysis())
    assert "没有识别到题目" in found.summary
    assert found.suggestions == ()


def test_all_right_is_praised_and_sends_on():
    found = diagnosis_of(*[(str(i), "correct", None) for i in range(1, 6)])
    assert found.weak_points == ()
    assert "得分率 100%" in found.summary
    assert "全部得满分" in found.suggestions[0].text


def test_all_blank_asks_whether_the_picture_shows_the_answers():
    found = diagnosis_of(*[(str(i), "blank", "数轴") for i in range(1, 6)])
    assert "第1–5题没有读到作答" in found.suggestions[0].text


def test_answers_without_a_grade_are_not_called_a_paper_without_answers():
    found = diagnosis_of(("1", "blank", "数轴"), *[(str(i), "ungraded", None, {"student_answer": "C"}) for i in (2, 3)])
    assert not any("没有读到作答" in each.text for each in found.suggestions)
    assert "第1题未作答" in found.suggestions[0].text


def test_advice_on_a_single_question_does_not_speak_of_several():
    lost = [(str(i), "wrong", f"点{i}", {"student_answer": "甲", "correct_answer": "乙"}) for i in range(1, 6)]
    unsure = ("6", "wrong", "点6", {"student_answer": "甲", "correct_answer": "乙", "needs_review": True})
    texts = [each.text for each in diagnosis_of(*lost, unsure, ("7", "ungraded", None)).suggestions]
    alone = [text for text in texts if "第6题" in text or "第7题" in text]
    assert len(alone) == 3
    assert not any(word in text for text in alone for word in ("这些题", "逐题", "每题"))


def test_graded_sub_questions_speak_for_their_parent():
    parent, first, second = ("17",), ("17", "(1)"), ("17", "(2)")
    paper, analysis = exam(
        ("17", "ungraded", "函数", {"path": parent, "type": "composite"}),
        ("17(1)", "correct", None, {"path": first}),
        ("17(2)", "wrong", None, {"path": second}),
    )
    items = items_of(paper, analysis)
    assert [item.number for item in items] == ["17(1)", "17(2)"]
    assert all(item.points[0][0].name == "函数" for item in items)


def test_numbers_that_two_sections_share_are_cited_with_their_section():
    found = diagnosis_of(("1", "wrong", None, {"path": ("一", "1")}), ("1", "wrong", None, {"path": ("二", "1")}))
    assert "一·1" in found.summary
    assert "二·1" in found.summary


@pytest.mark.parametrize(("locale", "cited"), [("zh-CN", "第一·1–3、二·1–3题"), ("en", "Q一·1–3, Q二·1–3")])
def test_runs_of_numbers_within_a_section_fold_and_pass_the_check_of_citations(locale, cited):
    rows = [(n, "wrong", None, {"path": (section, n)}) for section in "一二" for n in "123"]
    summary = diagnose(SUBMISSION.model_copy(update={"locale": locale}), *exam(*rows)).summary
    assert summary.startswith(cited)


def test_the_more_points_a_question_carries_the_more_it_counts():
    small, large = (
        diagnose(
            SUBMISSION,
            Paper(header={}, questions=tuple(
                Question(number=n, path=(n,), type="calculation", knowledge_points=(point("数轴"),)) for n in "12"
            )),
            Analysis(answers=(
                Answer(number="1", path=("1",), verdict="correct", score=5, max_score=5),
                Answer(number="2", path=("2",), verdict="wrong", score=0, max_score=most),
            )),
        ).mastery[0].mastery
        for most in (2.0, 12.0)
    )  # fmt: skip
    assert large < small


@pytest.mark.parametrize(
    ("kind", "answer", "key", "cause"),
    [
        ("fill_blank", "6", "±6", "漏掉一个解"),
        ("fill_blank", "x=-3", "3", "符号出错"),
        ("fill_blank", "0.85", "8.5", "小数点位置出错"),
        ("multiple_choice", "AC", "ACD", "漏选"),
        ("multiple_choice", "ABCD", "ACD", "多选"),
        ("fill_blank", "7", "9", None),
        ("short_answer", "北京", "上海", None),
    ],
)
def test_simple_causes_are_named_only_when_the_answer_shows_them(kind, answer, key, cause):
    row = ("1", "wrong", None, {"type": kind, "student_answer": answer, "correct_answer": key})
    found = cause_of(items_of(*exam(row))[0])
    assert (found.text if found else None) == cause


def test_citations_keep_short_runs_and_fold_long_ones():
    assert cite(["3", "7"]) == "第3、7题"
    assert cite(["1", "2", "3", "7"]) == "第1–3、7题"
    assert cite(["1", "2"]) == "第1、2题"
    assert cite(["17(1)", "17(2)"]) == "第17(1)、17(2)题"


def test_percentages_do_not_round_to_all_or_nothing():
    assert percent(0.999) == "99%"
    assert percent(0.001) == "1%"
    assert percent(1.0) == "100%"


@pytest.mark.parametrize(
    ("locale", "said"), [("zh-CN", "（第1、2题，2 题未答对"), ("en", "(Q1, Q2, 2 questions not right")]
)
def test_questions_of_unknown_points_are_not_right_rather_than_lost(locale, said):
    paper, analysis = exam(("1", "wrong", "数轴"), ("2", "partial", "数轴"), ("3", "correct", "数轴"))
    bare = [each.model_copy(update={"max_score": None, "score": None}) for each in analysis.answers]
    unknown = analysis.model_copy(update={"answers": tuple(bare), "earned": None, "max": None})
    found = diagnose(SUBMISSION.model_copy(update={"locale": locale}), paper, unknown)
    assert said in found.suggestions[0].text
