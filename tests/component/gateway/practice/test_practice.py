"""Item banks and practice papers over HTTP, on a real database."""

import io
import json
from typing import Any

import pypdfium2
from pydantic import SecretStr

from contracts.artefacts import Submission
from services.gateway import auth
from services.gateway.core.scopes import Scope
from services.gateway.database import open_database
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running, until
from tests.component.gateway.practice.conftest import API, diagnosed, make, mastery, own, post, put


async def test_items_are_made_replaced_listed_and_deleted_by_their_own_ids(running: Running) -> None:
    first = await put(running, own("b"), own("a"), own("c", points=["nothing"]))
    assert first.status_code == 200, first.text
    assert {k: v for k, v in first.json().items() if k != "errors"} == {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "failed": 1,
    }
    assert [(e["pointer"], e["row"]) for e in first.json()["errors"]] == [("/rows/3/points", 3)]
    again = (await put(running, own("b"), own("a", score=5.0))).json()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 1, 1)
    page = (await running.get("/items", params={"limit": 1})).json()
    rest = (await running.get("/items", params={"cursor": page["next_cursor"]})).json()
    assert [item["id"] for item in page["items"] + rest["items"]] == ["a", "b"]
    assert (page["items"][0]["score"], page["items"][0]["bank"], rest["next_cursor"]) == (5.0, "own", None)
    for query, found in (
        ({"point": "math.topic.方程与方程组"}, 2),
        ({"subject": "math", "point": "分式"}, 0),
        ({"grade": 8}, 0),
    ):
        assert len((await running.get("/items", params=query)).json()["items"]) == found, query
    assert (await running.client.delete(f"{API}/items/a")).status_code == 204
    assert (await running.get("/items/a")).json()["code"] == "item_not_found"
    tried = await running.client.post(f"{API}/items", params={"dry_run": True}, json=own("d"))
    assert (tried.json()["created"], (await running.get("/items/d")).status_code) == (1, 404)
    refused = await put(running, own("x", answer=""))
    assert (refused.status_code, refused.json()["errors"][0]["row"]) == (422, 1)


async def test_items_come_as_lines_and_as_a_spreadsheet_and_the_starter_bank_is_everybodys(running: Running) -> None:
    lines = "\n".join(json.dumps(own(name)) for name in "abc")
    headers = {"Content-Type": "application/x-ndjson"}
    written = await running.client.post(f"{API}/items", content=lines, headers=headers)
    assert (written.status_code, written.json().get("created")) == (200, 3), written.text
    table = "编号,学科,年级,知识点,题型,题干,答案,分值\nt1,数学,7,一元一次方程,填空题,$x=$____,1,3\n"
    headers = {"Content-Type": "text/csv"}
    sheet = await running.client.post(f"{API}/items", content=table.encode("gb18030"), headers=headers)
    assert sheet.json()["created"] == 1, sheet.text
    shipped = (await running.get("/items", params={"bank": "starter", "grade": 9, "limit": 100})).json()["items"]
    assert len(shipped) > 10
    assert (await running.get(f"/items/{shipped[0]['id']}")).json() == shipped[0]
    assert (await running.client.delete(f"{API}/items/{shipped[0]['id']}")).status_code == 404
    wrong = await running.client.post(f"{API}/items", content=b"x", headers={"Content-Type": "application/xml"})
    assert wrong.json()["code"] == "unsupported_content_type"


async def test_an_exams_weak_points_become_a_paper_whose_sheet_is_graded_with_its_key(
    running: Running, examined: dict[str, Any]
) -> None:
    paper = await make(running, exam_id=examined["exam_id"], count=8)
    assert [(p["code"], p["reason"]) for p in paper["points"] if p["reason"] == "weak"] == [
        ("math.21", "weak"),
        ("math.09", "weak"),
    ]
    assert {p["code"] for p in paper["points"]} - {"math.09", "math.21"} == {"math.04", "math.06"}, (
        "math.07 is mastered"
    )
    assert (paper["items"], paper["student_id"], paper["exam_ids"]) == (8, "s-1", [examined["exam_id"]])
    assert "answer" not in json.dumps(paper["questions"])
    key = (await running.get(f"/practice/{paper['id']}/key")).json()
    sheet = await running.exam(template_id=paper["template_id"], student_id="s-1", grade="9")
    stored = await running.blobs.read(f"dev/{sheet['exam_id']}/1/upload.json")
    submission = Submission.model_validate_json(stored)
    assert submission.answer_key is not None
    used = [(i.number, i.type, i.answer, i.max_score) for i in submission.answer_key.questions]
    assert used == [
        (q["number"], q["type"], tuple(q["answer"]) if isinstance(q["answer"], list) else q["answer"], q["max_score"])
        for q in key["questions"]
    ]
    assert sheet["title"] == paper["title"]


async def test_a_student_gets_no_item_twice_and_papers_follow_what_was_recorded(
    running: Running, examined: dict[str, Any]
) -> None:
    async def recorded() -> bool:
        rows = await running.sql("SELECT 1 FROM masteries WHERE student_id = 's-1'")
        return len(rows) == 3

    await until(recorded, 60)
    first = await make(running, student_id="s-1", subject="math", grade=9, count=6)
    assert first["exam_ids"] == [examined["exam_id"]]
    second = await make(running, student_id="s-1", subject="math", grade=9, count=6)
    assert not {q["item_id"] for q in first["questions"]} & {q["item_id"] for q in second["questions"]}
    third = await make(running, student_id="s-1", subject="math", grade=9, count=6, repeat=True)
    assert [q["item_id"] for q in third["questions"]] == [q["item_id"] for q in first["questions"]]
    listed = (await running.get("/practice", params={"student_id": "s-1", "limit": 2})).json()
    assert [each["id"] for each in listed["items"]] == [third["id"], second["id"]]
    rest = (await running.get("/practice", params={"student_id": "s-1", "cursor": listed["next_cursor"]})).json()
    assert [each["id"] for each in rest["items"]] == [first["id"]]


async def test_a_deleted_exam_takes_its_papers_and_their_templates_along(
    running: Running, examined: dict[str, Any]
) -> None:
    paper = await make(running, exam_id=examined["exam_id"])
    kept = await make(running, subject="math", points=["math.07"])
    assert (await running.client.delete(f"{API}/exams/{examined['exam_id']}")).status_code < 300
    assert (await running.get(f"/practice/{paper['id']}")).json()["code"] == "practice_not_found"
    assert (await running.get(f"/templates/{paper['template_id']}")).status_code == 404
    assert (await running.get(f"/practice/{kept['id']}")).status_code == 200


async def test_named_points_take_the_tenants_items_too_and_what_is_lacking_is_told(running: Running) -> None:
    await put(running, *(own(f"own-{n}", points=["math.17"], stem=f"{n}：$a_1=$____.") for n in range(2)))
    paper = await make(running, subject="math", points=["数列", "一元一次方程"], count=8, banks=["own"])
    assert [(p["code"], p["reason"], p["wanted"], len(p["numbers"])) for p in paper["lacking"]] == [
        ("math.07", "asked", 4, 0),
        ("math.17", "asked", 4, 2),
    ]
    none = await post(running, subject="math", points=["math.19"])
    assert (none.status_code, none.json()["code"]) == (422, "practice_without_items")
    unknown = await post(running, subject="math", points=["分数方程式"])
    assert unknown.json()["errors"][0]["pointer"] == "/points/0"
    for wrong in ({}, {"subject": "math"}, {"exam_id": "x", "subject": "math"}):
        assert (await post(running, **wrong)).json()["code"] == "validation_failed"
    assert (await post(running, exam_id="x")).json()["code"] == "exam_not_found"


async def test_an_exam_without_a_weak_point_says_so(running: Running) -> None:
    exam = await running.exam()
    assert (await post(running, exam_id=exam["exam_id"])).json()["code"] == "exam_not_completed"
    await diagnosed(running, exam, mastery("math.07", 0.95))
    answer = await post(running, exam_id=exam["exam_id"])
    assert (answer.status_code, answer.json()["code"]) == (422, "practice_without_points")
    assert answer.json()["mastery"] == [{"code": "math.07", "name": "一元一次方程", "mastery": 0.95}]


async def test_a_repeated_request_makes_one_paper_and_its_template_stands_in_no_list(running: Running) -> None:
    headers = {"Idempotency-Key": "practice-1"}
    first = await post(running, headers, subject="math", points=["math.07"])
    again = await post(running, headers, subject="math", points=["math.07"])
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (again.headers["Idempotent-Replayed"], first.headers["Location"]) == (
        "true",
        f"{API}/practice/{first.json()['id']}",
    )
    other = await post(running, headers, subject="math", points=["math.08"])
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert (await running.get("/templates")).json()["items"] == []
    assert (await running.get(f"/templates/{first.json()['template_id']}")).status_code == 200
    assert (await running.client.delete(f"{API}/practice/{first.json()['id']}")).status_code == 204
    assert (await running.get(f"/templates/{first.json()['template_id']}")).status_code == 404


async def test_paper_and_key_are_set_as_pdf_once_and_are_the_same_each_time(running: Running) -> None:
    paper = await make(running, subject="math", grade=9, points=["math.09"], count=4)
    for kind, words in (("paper", "答题纸"), ("key", "参考答案")):
        answer = await running.get(f"/practice/{paper['id']}/{kind}.pdf", timeout=120)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
        document = pypdfium2.PdfDocument(io.BytesIO(answer.content))
        text = "".join(page.get_textpage().get_text_range() for page in document)
        assert words in text
        assert paper["title"] in text
        known = {"If-None-Match": answer.headers["etag"]}
        assert (await running.get(f"/practice/{paper['id']}/{kind}.pdf", headers=known)).status_code == 304


async def test_banks_and_papers_are_their_tenants_and_a_students_record_needs_a_scope_of_its_own(
    running: Running, examined: dict[str, Any]
) -> None:
    await put(running, own("mine"))
    paper = await make(running, subject="math", points=["math.07"])
    async with open_database(PostgresSettings(dsn=SecretStr(running.dsn), pool=2)) as pool:
        other = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
        narrow = {"Authorization": f"Bearer {await auth.create_key(pool, 'dev', scopes=[Scope.PRACTICE])}"}
    for path in ("/items/mine", f"/practice/{paper['id']}", f"/practice/{paper['id']}/key.pdf"):
        assert (await running.get(path, headers=other)).status_code == 404
    assert (await running.get("/items", headers=other)).json()["items"] == []
    assert (await post(running, other, exam_id=examined["exam_id"])).json()["code"] == "exam_not_found"
    assert (await post(running, narrow, subject="math", points=["math.07"])).status_code == 201
    refused = await post(running, narrow, exam_id=examined["exam_id"])
    assert (refused.status_code, refused.json()["scope"]) == (403, "exams:read")


async def test_imported_records_alone_make_a_paper_without_the_items_they_name(running: Running) -> None:
    await put(running, *(own(f"past-{n}", stem=f"{n}：$x+{n}=9$，$x=$____.", family=f"f{n % 2}") for n in range(4)))
    rows = [
        {"item": item, "knowledge_points": ["一元一次方程"], "earned": 0, "max": 3}
        for item in ("past-0", "1", "2", "3")
    ] + [{"item": str(n), "knowledge_points": ["三角形"], "earned": 3, "max": 3} for n in range(4, 8)]
    lines = "\n".join(json.dumps(row | {"student_id": "s-7", "date": "2026-06-30", "paper": "期末"}) for row in rows)
    sent = await running.client.post(
        f"{API}/imports", params={"subject": "math"}, content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    assert sent.status_code == 202, sent.text

    async def taken() -> bool:
        return len(await running.sql("SELECT 1 FROM responses WHERE student_id = 's-7'")) == len(rows)

    await until(taken, 60)
    paper = await make(running, student_id="s-7", subject="math", grade=7, count=3, banks=["own"])
    assert [(p["code"], p["reason"]) for p in paper["points"]] == [("math.07", "weak")]
    assert paper["points"][0]["mastery"] < 0.5
    assert paper["exam_ids"] == []
    taken_items = {q["item_id"] for q in paper["questions"]}
    assert taken_items in ({"past-1", "past-2"}, {"past-3", "past-2"}), "one of a family; none that was had"
    english = await make(running, student_id="s-8", subject="math", points=["linear equations in one unknown"], grade=7,
                         count=1, language="en")  # fmt: skip
    assert [(p["code"], p["name"]) for p in english["points"]] == [("math.07", "linear equations in one unknown")]
