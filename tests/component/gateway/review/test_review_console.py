"""The page for people and the review queue, in a real browser: by keyboard, by hand, and beside another teacher."""

import io
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import Page, expect

from contracts.artefacts.paper import Region
from services.gateway.review.settings import ReviewSettings
from tests.component.gateway.browser import signed_in
from tests.component.gateway.corrections.marking import PAPER, begun, mark, marked
from tests.component.gateway.harness import Running, gateway, until

PHONE = {"width": 360, "height": 740}


def scan() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (900, 300), "white").save(target, "JPEG")
    return target.getvalue()


@pytest.fixture
async def running(database: str, tmp_path: Path) -> AsyncIterator[Running]:
    settings = ReviewSettings(poll_seconds=0.1, settle_seconds=600)
    async with gateway(database, tmp_path, opened={"reviewing": settings}) as one:
        yield one


@pytest.fixture
async def page(running: Running) -> AsyncIterator[Page]:
    async with signed_in(running) as page:
        yield page


async def queued(running: Running) -> dict[str, Any]:
    """An exam of three doubtful questions, the first of which has a place on its page."""
    first = PAPER.questions[0].model_copy(update={"regions": (Region(page=1, box=(10, 10, 700, 120)),)})
    paper = PAPER.model_copy(update={"questions": (first, *PAPER.questions[1:])})
    exam = await marked(running, paper=paper, page=scan(), title="期中 <b>", class_id="7-2")

    async def there() -> bool:
        return bool((await running.get("/review")).json()["open"] == 3)

    await until(there)
    return exam


async def at_revision(running: Running, exam_id: str, revision: int) -> dict[str, Any]:
    async def there() -> bool:
        return bool((await begun(running, exam_id))["revision"] == revision)

    await until(there)
    return await begun(running, exam_id)


async def test_a_teacher_decides_doubtful_questions_by_the_keyboard_alone(page: Page, running: Running) -> None:
    exam = await queued(running)
    await page.get_by_role("link", name="复核").click()
    heading = page.locator("main h2").first
    await expect(heading).to_contain_text("第 1 题")
    await expect(heading).to_be_focused()
    await expect(page.locator(".crop img")).not_to_have_js_property("naturalWidth", 0)
    await expect(page.locator("main")).to_contain_text("期中 <b> · 7-2")
    found = (await Axe().run(page)).response["violations"]
    assert not found, found

    await page.keyboard.press("j")
    await expect(heading).to_contain_text("第 3(1) 题")
    await expect(page.locator(".crop")).to_contain_text("没有这道题的图片")
    await page.keyboard.press("k")
    await expect(heading).to_contain_text("第 1 题")
    await page.keyboard.press("3")
    await expect(page.get_by_label("学生写的是 B")).to_be_checked()
    await page.keyboard.press("Enter")
    await expect(heading).to_contain_text("第 3(1) 题")
    await page.keyboard.press("2")
    await page.keyboard.press("Enter")
    await expect(heading).to_contain_text("第 3(2) 题")
    await page.keyboard.press("1")
    await expect(page.get_by_label("保持不变：7, 未评分")).to_be_checked()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("没有待复核的题目。")).to_be_focused()

    await mark(running, await at_revision(running, exam["exam_id"], 2))
    questions = (await running.get(f"/exams/{exam['exam_id']}/result")).json()["questions"]
    said = {one["number"]: one for one in questions}
    assert said["1"]["student_answer"] == "B"
    assert (said["3(1)"]["verdict"], said["3(1)"]["score"]) == ("correct", 5.0)
    assert said["3(2)"]["reviewed_by"] == "teacher"


async def test_what_another_teacher_has_is_not_decided_and_what_is_left_comes_last(
    page: Page, running: Running
) -> None:
    exam = await queued(running)
    items = (await running.get("/review")).json()["items"]
    other = {"Redink-Actor": "t-2"}
    leased = await running.client.post(f"/api/v1/review/{items[0]['id']}/lease", json={"minutes": 60}, headers=other)
    assert leased.status_code == 200
    await page.set_viewport_size(PHONE)
    await page.goto(f"/#/review?exam_id={exam['exam_id']}")
    heading = page.locator("main h2").first
    await expect(page.get_by_text("另一位教师正在复核此题")).to_be_visible()
    await expect(page.get_by_role("button", name="确定")).to_have_count(0)
    await page.get_by_role("button", name="下一题").click()
    await expect(heading).to_contain_text("第 3(1) 题")
    await page.get_by_role("button", name="留给别人").click()
    await expect(heading).to_contain_text("第 3(2) 题")
    assert [item["number"] for item in (await running.get("/review")).json()["items"]] == ["1", "3(2)", "3(1)"]

    await page.get_by_label("其他情况……").check()
    await page.get_by_role("button", name="确定").click()
    await page.get_by_label("得分").fill("2.5")
    await page.get_by_role("combobox", name="判定").select_option("wrong")
    await page.get_by_role("button", name="保存更正").click()
    await expect(page.get_by_role("alert")).to_contain_text("/correction/")
    await page.get_by_role("combobox", name="判定").select_option("partial")
    await page.get_by_role("button", name="保存更正").click()
    await expect(page.get_by_text("另一位教师正在复核此题")).to_be_visible()
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    kept = (await running.get("/review/decisions")).json()["items"]
    assert [(one["path"], one["correction"]) for one in kept] == [
        (["二", "3", "(2)"], {"verdict": "partial", "score": 2.5})
    ]


async def test_an_empty_queue_says_so_and_its_filters_stay_in_the_address(page: Page, running: Running) -> None:
    await page.goto(f"/#/review?exam_id={uuid.UUID(int=7)}")
    await expect(page.get_by_text("没有待复核的题目。")).to_be_visible()
    await page.get_by_label("班级").fill("7-2")
    await page.get_by_label("班级").press("Tab")
    await expect(page).to_have_url(re.compile(r"#/review\?class_id=7-2$"))
    await page.reload()  # one view alone, of what the address says
    await expect(page.get_by_label("班级")).to_have_value("7-2")
    await expect(page.get_by_text("没有待复核的题目。")).to_be_visible()
    await queued(running)
    await page.get_by_role("button", name="再看一次").click()
    await expect(page.locator("main h2").first).to_contain_text("第 1 题")
