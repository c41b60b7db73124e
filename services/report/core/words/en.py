"""The report in English."""

from contracts.names import GRADES, SUBJECTS, TYPES
from services.report.core.words.cite import brief_en, cite_en
from services.report.core.words.table import Words

EN = Words(
    lang="en",
    tag="en",
    subjects=SUBJECTS["en"],
    grades=GRADES["en"],
    types={kind: name.capitalize() for kind, name in TYPES["en"].items()},
    verdicts={
        "correct": "Correct", "partial": "Partly right", "wrong": "Wrong", "blank": "No answer", "ungraded": "Not graded"
    },
    graded_by={
        "key": "comparison with the answer key", "marks": "the marks on the paper", "llm": "a language model",
        "teacher": "the teacher",
    },
    quality={
        "blurred": "is blurred", "motion_blur": "was moved while it was taken", "too_small": "is too small", "cut_off": "is cut off at an edge", "dark": "is dark",
        "glare": "has glare", "low_contrast": "has little contrast",
    },
    label={
        "report": "Exam report",
        "summary": "Result at a glance",
        "subject": "Subject", "grade": "Grade", "class": "Class", "name": "Name", "number": "Number",
        "review": "To be checked",
        "review_section": "For the teacher to check",
        "review_note": "read or graded without certainty",
        "todo": "Three things to do first", "todo_one": "What to do first", "todo_two": "Two things to do first",
        "sections": "Points by section", "section": "Section", "share": "Share",
        "weak": "To work on", "strong": "Strengths",
        "mastery": "Mastery", "mastery_note": "estimate and 90% credible interval",
        "trend": "Over the last exams", "trend_note": "mastery with its 90% interval; open circles: thin evidence",
        "this_exam": "this exam",
        "point": "Knowledge point", "estimate": "Estimate", "interval": "Interval", "thin": "thin evidence",
        "questions": "Question by question",
        "no": "No.", "type": "Type", "answer": "Answer", "key": "Key", "verdict": "Verdict", "score": "Points",
        "notebook": "Notebook of mistakes", "notebook_note": "by knowledge point, cut from the paper",
        "cause": "Cause", "feedback": "Comment", "stem": "Question", "why": "Why", "graded_by": "Graded by",
        "criteria": "Criteria", "origin": "Question", "by_model": "written by a model", "redo": "Try again",
        "more": "Further advice", "notes": "Notes", "exam_id": "Exam",
        "page": "Page {page} of {pages}",
    },
    say={
        "paper": "{subject} paper",
        "full": "out of {points}", "judged": "of {points} graded", "right": "right", "nothing": "not graded",
        "of_questions": "{right} / {count} right",
        "of_points": "{earned} / {most}",
        "by_type": "{type}", "no_point": "{type}, knowledge point not known", "part": "Part {number}",
        "lost": "{points} lost", "lost_questions": "{count} not right",
        "unread": "not read", "empty": "(empty)",
        "crop": "{question}, cut from the paper", "crop_of": "{question}, cut from the paper: {stem}",
        "left_out": "No picture of {questions}: see the paper.",
        "more_mastery": "{count} more with less evidence or higher mastery are not listed.",
        "earlier": "before: {percent}", "change": "{points} since the last",
        "why_unread": "the answer could not be read",
        "why_missing": "it wasn't found on the uploaded pages",
        "why_unsure": "the reading of the answer is only {percent}% certain",
        "why_no_key": "there is neither an answer key nor a mark on the paper",
        "why_person": "an answer of this kind needs a teacher's eye",
        "why_grade": "the grounds of the grade are too thin or disagree",
        "note_graded": "Grading: {questions} by {by}.",
        "note_ungraded": "Not graded: {questions}, with neither a key nor marks; left out of the points, not counted as zero.",
        "note_essay": "Essay: {questions}, left out of the points until a teacher has given a score.",
        "note_model": "Written by a model: {questions}, with a key that a checker tried and a second solution met.",
        "note_corrected": "Corrected: for {questions} the teacher's correction holds.",
        "note_confirmed": "Checked: the teacher has confirmed {questions}.",
        "note_absent": "Not found on the uploaded pages, or not to be made out there: {questions}, not counted as zero. "
        "Upload the missing page too, or photograph the page again, whole and in focus.",
        "note_review": "To be checked: {questions}, read or graded without certainty. Please compare with the paper; "
        "the report follows every correction.",
        "note_page": "The photo of page {page} {faults}, which may have hurt the reading.",
        "note_order": "Order: read as the paper's pages are numbered, which is uploaded pages {pages}.",
        "note_missing": "Missing from the upload: p. {pages} of the paper, whose questions are not in this report.",
        "note_cards": "Cards: {count} more in the photo did not count, for an exam is one student's. Upload them by themselves.",
        "note_mastery": "Mastery: the share of points to be expected on questions of the same kind (0–100), estimated "
        "from this paper. The light bar is the 90% credible interval; after one paper it is wide. “Thin evidence” "
        "marks points with one or two questions: draw no conclusions from them.",
        "note_earlier": "The dotted red line is the share of points earned on the point in earlier exams.",
        "note_machine": "Answers were read by a program, pictures are cut from the uploaded paper. Where they differ, the "
        "paper and the teacher decide.",
    },
    question=lambda number: f"Question {number}",
    cite=cite_en,
    brief=brief_en,
    listed=", ",
    ended="; ",
)  # fmt: skip
