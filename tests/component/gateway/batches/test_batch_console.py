"""The page for people and a class's papers, in a real browser: drop them, watch them, fetch the report on the class."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from contracts.status import Status
from tests.component.gateway.batches.conftest import jpeg, packed
from tests.component.gateway.browser import LONG, signed_in
from tests.component.gateway.harness import Running

MANIFEST = "file,student_id,class_id\nli,s-1,7-2\nwang.jpg,s-2,7-2\nnotes.pdf,s-3,7-2\n"


@pytest.fixture
async def page(running: Running) -> AsyncIterator[Page]:
    async with signed_in(running) as page:
        yield page


async def test_a_zip_is_a_batch_that_is_watched_to_its_end_and_reported_on(
    page: Page, running: Running, tmp_path: Path
) -> None:
    archive = tmp_path / "scans.ZIP"
    archive.write_bytes(packed({"li/1.jpg": jpeg(1), "li/2.jpg": jpeg(2), "wang.jpg": jpeg(3), "notes.pdf": b"no PDF"}))
    await page.locator("input[type=file]").set_input_files(archive)
    await expect(page.get_by_label("一批试卷")).to_be_checked()
    await expect(page.get_by_label("学号或代号")).to_be_hidden()
    await page.get_by_label("名称").fill("期中 <b>")
    await page.get_by_label("名单").fill(MANIFEST)
    await page.get_by_role("button", name="开始批改").click()

    await expect(page.get_by_role("heading", name="期中 <b>")).to_be_visible(timeout=LONG)
    await expect(page.get_by_role("status")).to_have_text("已处理 0 / 2 份，1 份未被接受")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(0)).to_contain_text("s-1")
    await expect(rows.nth(2)).to_contain_text("未被接受")

    exams = (await running.get("/exams")).json()["items"]
    await running.say(exams[1], Status.OCR_PROCESSING, stage="ocr")
    await expect(page.locator(".counts")).to_contain_text("识别中", timeout=LONG)
    for exam in exams:
        await running.report(exam)
    await expect(page.get_by_role("status")).to_have_text("已处理 2 / 2 份，1 份未被接受", timeout=LONG)
    async with page.context.expect_page() as opening:
        await page.get_by_role("button", name="班级报告网页").click()
    report = await opening.value
    await expect(report.locator("h1")).to_be_visible(timeout=LONG)
    assert await report.evaluate("document.styleSheets.length"), "it has its style"
    await report.close()

    await page.get_by_role("link", name="返回").click()
    batches = page.locator("section", has=page.get_by_role("heading", name="最近的批次"))
    await expect(batches.locator("tbody tr")).to_contain_text("期中 <b>", timeout=LONG)


async def test_photos_dropped_as_many_papers_keep_their_names_and_can_be_cancelled(
    page: Page, running: Running
) -> None:
    files: Any = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(n)} for n in (1, 2)]
    await page.locator("input[type=file]").set_input_files(files)
    await expect(page.get_by_label("一份试卷")).to_be_checked()
    await page.get_by_label("一批试卷").check()
    await page.get_by_role("button", name="开始批改").click()
    await expect(page.locator("tbody tr")).to_have_count(2, timeout=LONG)
    await expect(page.locator("tbody tr").nth(1)).to_contain_text("2.jpg")
    await page.get_by_role("button", name="取消").click()
    await expect(page.locator(".counts")).to_contain_text("已取消", timeout=LONG)
    (batch,) = (await running.get("/batches")).json()["items"]
    assert batch["papers"] == 2
