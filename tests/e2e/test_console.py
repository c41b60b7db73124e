"""The page for people, in a real browser: upload, follow, look at the result over the pages, correct a question."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import KEY, SAMPLES
from tests.e2e.pipeline import Client

LONG = 180_000
"""Milliseconds that a paper may take on a busy machine."""
expect.set_options(timeout=60_000)

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def page(browser: Browser, client: Client) -> Iterator[Page]:
    """A tab that fails the test when the page errs, or its policy blocks something."""
    context = browser.new_context(locale="zh-CN", base_url=str(client.http.base_url))
    context.set_default_timeout(60_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert not [line for line in wrong if "status of 4" not in line], wrong


def enter(page: Page, key: str = KEY) -> None:
    page.goto("/")
    page.get_by_label("API 密钥").fill(key)
    page.get_by_role("button", name="进入").click()


def test_a_wrong_key_is_asked_for_again_and_said_so(page: Page) -> None:
    enter(page, "rk_wrong")
    expect(page.get_by_role("alert")).not_to_be_empty()
    expect(page.get_by_label("API 密钥")).to_be_visible()


def test_a_form_that_is_refused_says_what_is_wrong_and_keeps_what_was_typed(page: Page) -> None:
    enter(page)
    page.locator("input[type=file]").set_input_files(SAMPLES / "paper.jpg")
    page.get_by_label("标题").fill("期中")
    page.get_by_label("标准答案（JSON，可不填）").fill("{not json")
    page.get_by_role("button", name="开始批改").click()
    expect(page.get_by_role("alert")).to_contain_text("/answer_key")
    expect(page.get_by_label("标题")).to_have_value("期中")


def test_a_paper_is_uploaded_followed_shown_and_corrected(page: Page, client: Client, sample: Any) -> None:
    _, form = sample
    enter(page)
    page.locator("input[type=file]").set_input_files(SAMPLES / "paper.jpg")
    page.get_by_label("科目").select_option(form["subject"])
    page.get_by_label("年级").select_option(str(form["grade"]))
    page.get_by_label("标准答案（JSON，可不填）").fill(_text(form["answer_key"]))
    page.get_by_role("button", name="开始批改").click()
    expect(page.locator("progress").last).to_be_visible()
    expect(page.locator(".score")).to_be_visible(timeout=LONG)

    exam_id = page.url.rpartition("/")[2]
    result = client.http.get(f"/api/v1/exams/{exam_id}/result").json()
    expect(page.locator("article.question")).to_have_count(len(result["questions"]))
    expect(page.locator("figure.page rect")).to_have_count(sum(len(one["regions"]) for one in result["questions"]))
    expect(page.locator("figure.page img").first).to_have_js_property("complete", value=True)
    page.locator("figure.page rect").nth(1).click()
    expect(page.locator("article.chosen")).to_have_count(1)

    wrong = next(one for one in result["questions"] if one["verdict"] == "wrong" and one["max_score"])
    card = page.locator(f'article[data-path="{"/".join(wrong["path"])}"]')
    card.get_by_role("button", name="更正").click()
    card.get_by_label("判定").select_option("correct")
    card.get_by_label("得分").fill(str(wrong["max_score"]))
    card.get_by_role("button", name="保存更正").click()
    expect(card.locator(".verdict")).to_have_text("正确", timeout=LONG)
    expect(card).to_contain_text("教师已更正")
    again = client.http.get(f"/api/v1/exams/{exam_id}/result").json()
    assert again["score"]["earned"] == pytest.approx(result["score"]["earned"] + wrong["max_score"])


def test_an_essay_is_typed_and_shown_with_its_mistakes_marked_where_they_stand(page: Page) -> None:
    enter(page)
    page.get_by_role("link", name="提交一篇作文").click()
    page.get_by_label("科目").select_option("english")
    page.get_by_label("标题").fill("My weekend")
    page.get_by_label("作文", exact=True).fill("We saw a old museum. 😀 I was happy to recieve <b>it</b>.")
    page.get_by_role("button", name="开始批改").click()
    expect(page.locator(".essay mark")).to_have_text(["a", "recieve"], timeout=LONG)
    expect(page.locator(".essay .text").first).to_have_text("We saw a old museum. 😀 I was happy to recieve <b>it</b>.")
    expect(page.locator(".essay ins")).to_have_text(["an", "receive"])


def test_the_page_speaks_english_too(page: Page) -> None:
    enter(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Upload a paper")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
